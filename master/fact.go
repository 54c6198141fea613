package master

import (
	"lbmaster/master/child"
	"lbmaster/shared/control"
)

// childID names a child: older generations have slots of their own.
type childID struct{ generation, slot int }

// fact is what the monitor is told of a child.
type fact struct {
	pid      int
	state    string
	since    int64
	deaths   uint64
	sessions int64 // of an older generation's worker; those of ours the monitor sees by itself
	program  string
	reason   string // with the monitor itself: why the last generation that was tried did not come up
}

// inform tells the monitor what it does not know yet of the children.
func (m *master) inform() {
	s := m.monitor
	if s == nil || s.child == nil || s.state != ready && s.state != active {
		return
	}
	now := m.facts()
	for at, f := range now {
		if m.known[at] != f {
			m.tell(s.child, at, f)
		}
	}
	for at := range m.known {
		if _, there := now[at]; !there {
			m.tell(s.child, at, fact{state: gone.String()})
		}
	}
	m.known = now
}

func (m *master) tell(c *child.Child, at childID, f fact) {
	c.Say(control.Message{
		Kind: control.Child, Generation: at.generation, Slot: at.slot, Pid: f.pid, State: f.state, Since: f.since, Restarts: f.deaths,
		Sessions: f.sessions, Program: f.program, Reason: f.reason,
	}, nil)
}

// facts are what there is to know of every child.
func (m *master) facts() map[childID]fact {
	own := m.factOf(m.monitor)
	own.reason = m.outgoing.Reason()
	all := map[childID]fact{{m.number, monitorIndex}: own}
	for _, s := range m.slots {
		all[childID{m.number, s.index}] = m.factOf(s)
	}
	for _, g := range m.old {
		for slot, c := range g.children {
			if slot != monitorIndex {
				f := fact{pid: c.Pid, state: "draining", since: m.began.UnixMilli(), sessions: g.counters.Gauges(slot, 0).Sessions.Load(), program: g.program}
				all[childID{g.number, slot}] = f
			}
		}
	}
	return all
}

func (m *master) factOf(s *slot) fact {
	f := fact{state: s.state.String(), since: s.since.UnixMilli(), deaths: s.deaths, program: m.env.Version}
	if s.child != nil {
		f.pid = s.child.Pid
	}
	if s.state == active && m.phase == draining && s != m.monitor {
		f.state = "draining"
	}
	return f
}
