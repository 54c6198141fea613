package proxy

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/worker/poll"
)

// testTime is a poller and a clock of which a test says when they are late.
type testTime struct {
	*poll.Poller
	ahead  time.Duration // of the real time
	passes time.Duration // in the next wait that is blind
	blind  bool          // the next wait finds nothing, as one that a signal ends
}

func (w *testTime) now() time.Time { return time.Now().Add(w.ahead) }

func (w *testTime) Wait(ms int) (int, unix.Errno) {
	if !w.blind {
		return w.Poller.Wait(ms)
	}
	w.ahead += w.passes
	w.passes, w.blind = 0, false
	return 0, 0
}

// blindTurn is a turn of the loop whose wait finds nothing.
func (b *bench) blindTurn() {
	b.time.blind = true
	b.turn()
}

func newTime(tb testing.TB) *testTime {
	poller, err := poll.New()
	if err != nil {
		tb.Fatal(err)
	}
	return &testTime{Poller: poller}
}
