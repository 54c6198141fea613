package master

import (
	"testing"
	"time"

	"lbmaster/master/child"
)

// TestBreakerTrips: only when every slot is in a loop of quick deaths, and nobody serves.
func TestBreakerTrips(t *testing.T) {
	slots := []*slot{{index: 0}, {index: 1}}
	var b breaker
	for i := range crashes {
		if b.trips(slots) {
			t.Fatalf("it trips after %d deaths of each", i)
		}
		b.died(0, time.Second)
		b.died(1, 0)
	}
	if !b.trips(slots) {
		t.Fatal("it does not trip")
	}
	for _, state := range []slotState{ready, active} {
		slots[1].state = state
		if b.trips(slots) {
			t.Errorf("it trips though a worker is %v", state)
		}
	}
	slots[1].state = resting
	b.died(1, crashTime)
	if b.trips(slots) {
		t.Error("it trips though a worker has lived for long")
	}
}

// TestBreakerHolds: one worker at a time, and not before it is due.
func TestBreakerHolds(t *testing.T) {
	now := time.Unix(0, 0)
	slots := []*slot{{index: 0}, {index: 1}}
	b := breaker{}
	if b.holds(slots, now) {
		t.Error("closed, it holds workers")
	}
	b = breaker{state: broken, due: now.Add(time.Second)}
	if !b.holds(slots, now) {
		t.Error("a worker may start too early")
	}
	now = b.due
	if b.holds(slots, now) {
		t.Error("no worker may start when it is due")
	}
	slots[1].child = &child.Child{}
	for _, state := range []breakerState{broken, quiet, onTrial} {
		b.state = state
		if !b.holds(slots, now) {
			t.Errorf("in state %d a second worker may start", state)
		}
	}
}

// TestBreakerWay is the whole way, with a death on trial in between. The reconciler always knows when to look again.
func TestBreakerWay(t *testing.T) {
	m := pausedMaster(t, tcpBind("127.53.0.7", 8000))
	m.phase, m.pause.state = running, accepting
	if err := m.listenAgain(); err != nil {
		t.Fatal(err)
	}
	m.slots = []*slot{{index: 0, borrower: nobody}, {index: 1, borrower: nobody}}
	now := time.Now()
	step := func(want breakerState, wantPause bool, act func()) {
		t.Helper()
		act()
		m.seeBreaker(now)
		m.seePause(now)
		if m.breaker.state != want || (m.pause.state == shut) != wantPause {
			t.Fatalf("breaker %+v, pause %+v; want state %d, shut %v", m.breaker, m.pause, want, wantPause)
		}
		m.wantListening(t, !wantPause)
		if at, ok := m.breakerDue(now); ok && !at.After(now) {
			t.Fatalf("it is due %v ago: the reconciler spins", now.Sub(at))
		}
	}
	die := func(s *slot) {
		s.state, s.due = resting, now.Add(time.Second)
		m.crash(s, 0)
	}
	for range crashes - 1 {
		step(closed, false, func() { die(m.slots[0]); die(m.slots[1]) })
	}
	step(broken, true, func() { die(m.slots[0]); die(m.slots[1]) })
	step(broken, true, func() { m.takeBack(byOperator) }) // TTIN does not help
	for _, back := range []breakerState{quiet, onTrial} {
		step(quiet, true, func() { now = now.Add(time.Second); m.lives(now) })
		if back == onTrial {
			step(onTrial, false, func() { now = now.Add(quietTime) })
		}
		step(broken, true, func() { die(m.slots[0]) })
	}
	step(quiet, true, func() { now = now.Add(time.Second); m.lives(now) })
	step(onTrial, false, func() { now = now.Add(quietTime) })
	step(onTrial, false, func() { now = now.Add(trialTime - 1) })
	step(closed, false, func() { now = now.Add(1) })
	step(closed, false, func() { die(m.slots[0]) }) // it counts anew
}
