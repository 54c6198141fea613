package loop

// seenTime is the clock by which the loop measures how long others take: it goes on with the time that the loop has seen. When the
// whole machine stands still (suspended, migrated, a frozen cgroup) or this process does, what has come meanwhile waits in the kernel,
// and nobody is late.
type seenTime struct {
	unseen int64 // ms that have been left out
}

const (
	maxWait    = 1000 // ms: the longest wait, so that what goes beyond is noticed
	standstill = 500  // ms: what a wait may take longer than it should, and the work between two; a busy machine is no standstill
)

// pass is the time after before, when the real time is real and the loop has waited in between, for patience at most; negative: for
// ever.
func (c *seenTime) pass(before, real, patience int64) (now int64) {
	if late := real - c.unseen - before - patience; patience >= 0 && late > standstill {
		c.unseen += late
	}
	return real - c.unseen
}

// Leap lets so many ms pass at once, as if the loop had seen them: for tests.
func (l *Loop) Leap(ms int64) {
	l.now += ms
	l.seen.unseen -= ms
}
