package master

import (
	"testing"
	"time"

	"lbmaster/master/child"
	"lbmaster/master/listen"
	"lbmaster/shared/control"
)

// TestHeartbeat: a child that says nothing hangs, unless it is the master that was not there to hear it.
func TestHeartbeat(t *testing.T) {
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := control.NewConn(mine)
	if err != nil {
		t.Fatal(err)
	}
	peer, err := control.NewConn(theirs)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	defer peer.Close()
	now := time.Now()
	c := child.New(nameOf(1, 0), conn, &child.RealKernel, discard)
	c.Heard = now
	m := &master{sys: new(master).outside(), log: discard, slots: []*slot{{state: active, child: c}}, beat: now.Add(beatTime)}
	for _, stands := range []time.Duration{time.Hour, 0, child.HangTime, 0} { // four times beatTime are less than HangTime
		now = m.beat.Add(stands)
		m.overlook(stands)
		m.heartbeat(now)
		if c.Aborted {
			t.Fatalf("aborted after the master stood still for %v", stands)
		}
	}
	if now = m.beat; now.Sub(c.Heard) < child.HangTime {
		t.Fatalf("%v of silence count as %v", child.HangTime, now.Sub(c.Heard))
	}
	if m.heartbeat(now); !c.Aborted {
		t.Error("a child that hangs goes on")
	}
}

// TestOverlook: what is measured is moved, and what never comes stays so.
func TestOverlook(t *testing.T) {
	now := time.Now()
	old := &child.Child{Heard: now}
	m := &master{
		log: discard, beat: now, monitor: &slot{due: now, since: now},
		slots:     []*slot{{due: now, since: now, child: &child.Child{Heard: now}}, {}},
		listeners: []*listen.Listener{{Leaves: now}, {}},
		old:       []*generation{{deadline: now, children: map[int]*child.Child{0: old}}},
	}
	m.overlook(time.Minute)
	for what, at := range map[string]time.Time{
		"beat": m.beat, "due": m.slots[0].due, "since": m.slots[0].since, "heard": m.slots[0].child.Heard, "monitor": m.monitor.due,
		"leaves": m.listeners[0].Leaves, "old": m.old[0].deadline, "old child": old.Heard,
	} {
		if !at.Equal(now.Add(time.Minute)) {
			t.Errorf("%s moved by %v", what, at.Sub(now))
		}
	}
	for what, at := range map[string]time.Time{
		"deadline": m.deadline, "due": m.slots[1].due, "leaves": m.listeners[1].Leaves, "drains": m.old[0].drains, "pause": m.pause.deadline,
	} {
		if !at.IsZero() {
			t.Errorf("%s, which is never, has become %v", what, at)
		}
	}
}
