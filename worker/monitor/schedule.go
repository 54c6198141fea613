package monitor

import (
	"container/heap"
	"time"
)

// schedule says when each server is to be checked: every interval, at a time of its own in it, so that a thousand servers
// are not checked in one burst. It is pure.
//
// The times are fixed from the start, or from the last check before the interval changed. A check that took long does not move those
// which follow it, so that there is exactly one for each interval.
type schedule struct {
	turns []*turn // a heap: the earliest is the first
	of    []*turn // by server
}

// turn is the next time of one server.
type turn struct {
	server int
	every  time.Duration
	at     time.Time
	last   time.Time // the time before; zero: there was none
	place  int       // in the heap
}

// newSchedule spreads servers with these intervals, all more than 0: of n servers the i-th is first checked when i/n of its
// interval has passed since start.
func newSchedule(every []time.Duration, start time.Time) *schedule {
	s := &schedule{}
	for i, d := range every {
		t := &turn{server: i, every: d, at: start.Add(d * time.Duration(i) / time.Duration(len(every))), place: i}
		s.turns, s.of = append(s.turns, t), append(s.of, t)
	}
	heap.Init(s)
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
	t := s.turns[0]
	missed := now.Sub(t.at) / t.every
	t.last = t.at.Add(missed * t.every)
	t.at = t.last.Add(t.every)
	heap.Fix(s, 0)
	return t.server, true
}

// pace changes the interval of a server. It is counted from the last check.
func (s *schedule) pace(server int, every time.Duration, now time.Time) {
	t := s.of[server]
	if t.every == every {
		return
	}
	t.every = every
	if t.last.IsZero() {
		return // its first check comes as it would have
	}
	if t.at = t.last.Add(every); t.at.Before(now) {
		t.at = now
	}
	heap.Fix(s, t.place)
}

// Len, Less, Swap, Push and Pop are for the heap.
func (s *schedule) Len() int           { return len(s.turns) }
func (s *schedule) Less(i, j int) bool { return s.turns[i].at.Before(s.turns[j].at) }
func (s *schedule) Swap(i, j int) {
	s.turns[i], s.turns[j] = s.turns[j], s.turns[i]
	s.turns[i].place, s.turns[j].place = i, j
}

// Push is not used: all servers are known from the start.
func (s *schedule) Push(any) { panic("monitor: a server joined the schedule") }

// Pop is not used either.
func (s *schedule) Pop() any { panic("monitor: a server left the schedule") }
