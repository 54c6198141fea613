package loop

import (
	"testing"
	"time"

	"lbmaster/worker/poll"
)

// TestFailedWatch: one that fails gives its slot back once, so that the next two get one each.
func TestFailedWatch(t *testing.T) {
	poller, err := poll.New()
	if err != nil {
		t.Fatal(err)
	}
	defer poller.Close()
	l := On(poller, time.Now)
	if err := l.Watch(-1, func() {}); err == nil {
		t.Fatal("descriptor -1 is watched")
	}
	l.Unwatch(-1)
	_, first := l.watches.Take()
	if _, second := l.watches.Take(); first == second {
		t.Errorf("slot %d was given to two", first)
	}
}
