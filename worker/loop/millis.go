package loop

import "time"

// Never is a time in ms that does not come.
const Never = int64(1) << 62

// Millis is d in ms, rounded up; Never when d is 0.
func Millis(d time.Duration) int64 {
	if d == 0 {
		return Never
	}
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}
