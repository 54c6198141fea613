package monitor

import (
	"container/heap"
	"time"
)

// schedule says when each server is to be checked: every interval, at a time of its own in it, so that a thousand servers
// are not checked in one burst. It is pure.
//
// The times are fixed from the start. A check that took long does not move those which follow it, so that there is
// exactly one for each interval.
type schedule struct {
	turns turns
}

// turn is the next time of one server.
type turn struct {
	server int
	every  time.Duration
	at     time.Time
}

// newSchedule spreads servers with these intervals, all more than 0: of n servers the i-th is first checked when i/n of its
// interval has passed since start.
func newSchedule(every []time.Duration, start time.Time) *schedule {
	s := &schedule{}
	for i, d := range every {
		s.turns = append(s.turns, turn{i, d, start.Add(d * time.Duration(i) / time.Duration(len(every)))})
	}
	heap.Init(&s.turns)
	return s
}

// next is when due will have something; ok is false when that is never.
func (s *schedule) next() (at time.Time, ok bool) {
	if len(s.turns) == 0 {
		return time.Time{}, false
	}
	return s.turns[0].at, true
}

// due takes one server whose time has come. Its next time is later than now: what was missed is not made up for.
func (s *schedule) due(now time.Time) (server int, ok bool) {
	if len(s.turns) == 0 || s.turns[0].at.After(now) {
		return 0, false
	}
	t := &s.turns[0]
	server = t.server
	missed := now.Sub(t.at) / t.every
	t.at = t.at.Add((missed + 1) * t.every)
	heap.Fix(&s.turns, 0)
	return server, true
}

// turns is a heap: the earliest is the first.
type turns []turn

func (t turns) Len() int           { return len(t) }
func (t turns) Less(i, j int) bool { return t[i].at.Before(t[j].at) }
func (t turns) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *turns) Push(x any)        { *t = append(*t, x.(turn)) }
func (t *turns) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}
