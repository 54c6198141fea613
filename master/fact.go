package master

import "lbmaster/shared/control"

// fact is what the monitor is told of a slot.
type fact struct {
	pid    int
	state  string
	since  int64
	deaths uint64
}

// inform tells the monitor what it does not know yet of the children.
func (m *master) inform() {
	s := m.monitor
	if s == nil || s.child == nil || s.state != ready && s.state != active {
		return
	}
	for i := range m.known {
		about := s
		if i < len(m.slots) {
			about = m.slots[i]
		}
		if f := m.factOf(about); f != m.known[i] {
			m.known[i] = f
			s.child.say(control.Message{Kind: control.Child, Slot: about.index, Pid: f.pid, State: f.state, Since: f.since, Restarts: f.deaths}, nil)
		}
	}
}

func (m *master) factOf(s *slot) fact {
	f := fact{state: s.state.String(), since: s.since.UnixMilli(), deaths: s.deaths}
	if s.child != nil {
		f.pid = s.child.pid
	}
	if s.state == active && m.phase == draining && s != m.monitor {
		f.state = "draining"
	}
	return f
}
