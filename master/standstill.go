package master

import "time"

// standstill is by how much the reconciler may be late. What goes beyond counts against nobody: the machine stood still, or this
// process did, and what children have said meanwhile is not read yet.
const standstill = time.Second

// overlook moves everything that is measured against the clock by the time that the reconciler has not seen.
func (m *master) overlook(late time.Duration) {
	m.log.Warn("this process, or the whole machine, stood still: nobody is late for that", "for", late.Round(time.Millisecond))
	at := []*time.Time{&m.deadline, &m.beat, &m.breaker.due, &m.pause.deadline}
	for _, s := range m.slots {
		at = append(at, s.clocks()...)
	}
	if m.monitor != nil {
		at = append(at, m.monitor.clocks()...)
	}
	for _, l := range m.listeners {
		at = append(at, &l.Leaves)
	}
	for _, g := range m.old {
		at = append(at, g.clocks()...)
	}
	for _, t := range at {
		if !t.IsZero() { // which means never
			*t = t.Add(late)
		}
	}
}

// clocks are the times of a slot and its child.
func (s *slot) clocks() []*time.Time {
	if s.child == nil {
		return []*time.Time{&s.due, &s.since}
	}
	return []*time.Time{&s.due, &s.since, &s.child.Heard}
}
