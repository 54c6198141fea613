// Package growth is how tests assert that work grows with its input and not with the square of it.
package growth

import (
	"math"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	factor = 4                    // the large input has so many times the things of the small one
	most   = 8                    // and may cost so many times as much: a square costs factor*factor
	tries  = 3                    // the cheapest one counts
	least  = 5 * time.Millisecond // what costs less may fit in a cache that four times as much does not
)

// NotSquare asserts that four times the things cost at most eight times the processor time. With prepare(n) a test makes what
// is not measured, and returns what is.
//
// Only the time of the calling thread counts: a busy machine does not change it much, and the cheapest of several runs
// hardly at all.
func NotSquare(t *testing.T, n int, prepare func(n int) func()) {
	t.Helper()
	small, large := Cheapest(prepare, n), Cheapest(prepare, factor*n)
	t.Logf("%d things: %v; %d things: %v", n, small, factor*n, large)
	if large > most*max(small, least) {
		t.Errorf("%d things cost %v, %d cost %v: more than %d times as much", n, small, factor*n, large, most)
	}
}

// Cheapest is the processor time of the cheapest of several runs.
func Cheapest(prepare func(n int) func(), n int) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	best := time.Duration(math.MaxInt64)
	for range tries {
		run := prepare(n)
		runtime.GC() // not while run is measured
		before := spent()
		run()
		best = min(best, spent()-before)
	}
	return best
}

// spent is the processor time of this thread.
func spent() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		panic(err) // Linux has it
	}
	return time.Duration(ts.Nano())
}
