package monitor

import (
	"slices"
	"testing"
	"time"
)

// drain takes all that is due at each of the times.
func drain(s *schedule, now time.Time) []int {
	var all []int
	for {
		i, ok := s.due(now)
		if !ok {
			return all
		}
		all = append(all, i)
	}
}

// TestSpread: in any tenth of the interval, a tenth of 1,000 servers is checked, and each once for every interval.
func TestSpread(t *testing.T) {
	const n = 1000
	start := time.Unix(1000, 0)
	every := slices.Repeat([]time.Duration{2 * time.Second}, n)
	s := newSchedule(every, start)
	count := make([]int, n)
	for step := range 50 {
		due := drain(s, start.Add(time.Duration(step+1)*200*time.Millisecond-1))
		if len(due) != n/10 {
			t.Errorf("step %d: %d servers are due", step, len(due))
		}
		for _, i := range due {
			count[i]++
		}
	}
	for i, c := range count {
		if c != 5 {
			t.Errorf("server %d was due %d times in 10 s", i, c)
		}
	}
}

func TestIntervals(t *testing.T) {
	start := time.Unix(1000, 0)
	s := newSchedule([]time.Duration{time.Second, 500 * time.Millisecond}, start)
	for _, tt := range []struct {
		ms   int
		want []int
	}{{0, []int{0}}, {249, nil}, {250, []int{1}}, {999, []int{1}}, {1000, []int{0}}, {1250, []int{1}}, {1750, []int{1}}, {2000, []int{0}}} {
		if got := drain(s, start.Add(time.Duration(tt.ms)*time.Millisecond)); !slices.Equal(got, tt.want) {
			t.Errorf("after %d ms: %v are due, want %v", tt.ms, got, tt.want)
		}
	}
	if at, ok := s.next(); !ok || at.Sub(start) != 2250*time.Millisecond {
		t.Errorf("next at %v", at.Sub(start))
	}
}

// TestMissedTurns: after a long pause each server is checked once, and then at its own time again.
func TestMissedTurns(t *testing.T) {
	start := time.Unix(1000, 0)
	s := newSchedule([]time.Duration{time.Second, time.Second}, start)
	if got := drain(s, start.Add(10*time.Second+100*time.Millisecond)); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("%v are due", got)
	}
	if at, _ := s.next(); at.Sub(start) != 10*time.Second+500*time.Millisecond {
		t.Errorf("next at %v", at.Sub(start))
	}
}

func TestNothingToDo(t *testing.T) {
	s := newSchedule(nil, time.Unix(1000, 0))
	if _, ok := s.next(); ok || len(drain(s, time.Unix(9999, 0))) > 0 {
		t.Error("somebody is due")
	}
}
