package master

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	now := time.Unix(0, 0)
	s := &slot{borrower: nobody}
	die := func(lived time.Duration) time.Duration {
		s.become(starting, now)
		s.become(ready, now)
		s.become(active, now)
		now = now.Add(lived)
		s.died(now, 0)
		return s.due.Sub(now)
	}
	want := []time.Duration{100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000}
	for i, ms := range want {
		if got := die(time.Second); got != ms*time.Millisecond {
			t.Errorf("death %d: next start after %v, want %v ms", i+1, got, int64(ms))
		}
	}
	if got := die(healthyTime); got != backoffFirst {
		t.Errorf("after a healthy life: %v", got)
	}
	if got := die(time.Second); got != 2*backoffFirst {
		t.Errorf("and another death: %v", got)
	}
	s.become(starting, now)
	s.died(now, 1)
	if got := s.due.Sub(now); got != 4*backoffFirst*6/5 {
		t.Errorf("with jitter: %v", got)
	}
}

func TestImpossibleEdges(t *testing.T) {
	for _, tt := range []struct{ from, to slotState }{{resting, ready}, {resting, active}, {active, starting}, {gone, starting}, {gone, gone}, {ready, starting}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a slot became %v when it was %v", tt.to, tt.from)
				}
			}()
			(&slot{state: tt.from}).become(tt.to, time.Time{})
		}()
	}
}

func TestHeirs(t *testing.T) {
	slots := make([]*slot, 4)
	for i := range slots {
		slots[i] = &slot{index: i, state: active, borrower: nobody}
	}
	slots[0].state = resting
	if h := chooseBorrower(slots); h != 1 {
		t.Errorf("borrower %d, want the first active one", h)
	}
	slots[0].borrower = 1
	slots[2].state = resting
	if h := chooseBorrower(slots); h != 3 {
		t.Errorf("borrower %d, want the one without a loan", h)
	}
	slots[1].state, slots[3].state = resting, starting
	if h := chooseBorrower(slots); h != nobody {
		t.Errorf("borrower %d, though none is active", h)
	}
}
