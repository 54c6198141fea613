package proxy

import (
	"testing"

	"lbmaster/worker/poll"
)

// TestFailedWatch: one that fails gives its slot back once, so that the next two get one each.
func TestFailedWatch(t *testing.T) {
	poller, err := poll.New()
	if err != nil {
		t.Fatal(err)
	}
	defer poller.Close()
	p := &Proxy{poller: poller}
	if err := p.Watch(-1, func() {}); err == nil {
		t.Fatal("descriptor -1 is watched")
	}
	p.Unwatch(-1)
	_, first := p.watches.take()
	if _, second := p.watches.take(); first == second {
		t.Errorf("slot %d was given to two", first)
	}
}
