package monitor

import (
	"slices"
	"testing"
	"time"

	"lbmaster/conf"
	"lbmaster/worker/monitor/health"
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

// TestPace: an interval that changes is counted from the last check, and one that has become shorter than what has passed is over.
func TestPace(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	next := func(s *schedule) int {
		t.Helper()
		n, ok := s.next()
		if !ok {
			t.Fatal("nobody is due")
		}
		return int(n.Sub(start).Milliseconds())
	}
	s := newSchedule([]time.Duration{time.Second, time.Second}, start)
	s.pace(1, 200*time.Millisecond, at(10))
	if drain(s, at(0)); next(s) != 500 {
		t.Errorf("the first check of a server is at %d ms, whatever its interval becomes", next(s))
	}
	if got := drain(s, at(700)); !slices.Equal(got, []int{1}) { // what was missed is not made up for
		t.Errorf("%v are due after 700 ms", got)
	}
	if s.pace(1, 50*time.Millisecond, at(720)); next(s) != 750 {
		t.Errorf("with 50 ms: %d", next(s))
	}
	if s.pace(1, 10*time.Millisecond, at(730)); next(s) != 730 {
		t.Errorf("with 10 ms, 30 ms after the last check: %d", next(s))
	}
	if s.pace(1, 5*time.Second, at(730)); next(s) != 1000 { // the other one's
		t.Errorf("with 5 s: %d", next(s))
	}
	if s.pace(0, 5*time.Second, at(800)); next(s) != 5000 {
		t.Errorf("with 5 s both: %d", next(s))
	}
	if s.pace(0, 5*time.Second, at(900)); next(s) != 5000 {
		t.Errorf("the same interval again: %d", next(s))
	}
}

// TestInterval is the time between two checks for each count of a server.
func TestInterval(t *testing.T) {
	const normal, fast, down = 3 * time.Second, 1 * time.Second, 2 * time.Second
	limits := health.Limits{Rise: 2, Fall: 3}
	for c, want := range []time.Duration{down, fast, fast, fast, normal} {
		tt := &target{conf: &conf.Server{Inter: normal, FastInter: fast, DownInter: down}, limits: limits, count: health.Count(c)}
		if got := tt.interval(); got != want {
			t.Errorf("count %d: %v, want %v", c, got, want)
		}
		tt.conf = &conf.Server{Inter: normal}
		if got := tt.interval(); got != normal {
			t.Errorf("count %d, with one interval: %v", c, got)
		}
	}
}
