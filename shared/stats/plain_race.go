//go:build race

package stats

import "sync/atomic"

// add is the same for the race detector, which does not know what is allowed here.
func add[T int64 | uint64](to *T, n T) {
	switch to := any(to).(type) {
	case *int64:
		atomic.AddInt64(to, int64(n))
	case *uint64:
		atomic.AddUint64(to, uint64(n))
	}
}
