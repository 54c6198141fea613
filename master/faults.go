package master

import (
	"slices"

	"lbmaster/conf"
	"lbmaster/master/child"
	"lbmaster/shared/control"
	"lbmaster/shared/faults"
)

// newFaults makes the memory in which the workers of a configuration show their faults, one for each slot: a place for each frontend,
// then one for each backend.
func newFaults(c *conf.Config, workers int) (fds []int, err error) {
	for range workers {
		fd, err := faults.Create(len(c.Frontends) + len(c.Backends))
		if err != nil {
			control.CloseAll(fds)
			return nil, err
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

// showFaults lets a monitor that is ready read what the workers of all generations show.
func (m *master) showFaults(c *child.Child) {
	for _, g := range slices.Concat(m.incoming.generations, m.old) {
		m.showFaultsOf(c, g.number, g.faults)
	}
	m.showFaultsOf(c, m.number, m.memory.faults)
}

// showFaultsOf lets the monitor read what the workers of one generation show. It cannot write there.
func (m *master) showFaultsOf(c *child.Child, generation int, all []int) {
	for first := 0; first < len(all); first += control.MaxFDs {
		var fds []int
		for _, fd := range all[first:min(len(all), first+control.MaxFDs)] {
			own, err := m.sys.faults(fd)
			if err != nil {
				m.log.Warn("faults of workers cannot be shown", "generation", generation, "error", err)
				break
			}
			fds = append(fds, own)
		}
		c.Say(control.Message{Kind: control.Faults, Generation: generation, Slot: first}, fds)
		for _, fd := range fds {
			m.sys.close(fd)
		}
	}
}

// hideFaults tells the monitor that a generation has ended. One that is starting has not heard of it yet.
func (m *master) hideFaults(g *generation) {
	if s := m.monitor; s != nil && (s.state == ready || s.state == active) {
		s.child.Say(control.Message{Kind: control.GenerationEnded, Generation: g.number}, nil)
	}
}

// showFaultsAgain is showFaultsOf for a generation that has not ended.
func (m *master) showFaultsAgain(c *child.Child, generation int) {
	if generation == m.number {
		m.showFaultsOf(c, generation, m.memory.faults)
	}
	if g := m.old.numbered(generation); g != nil {
		m.showFaultsOf(c, generation, g.faults)
	}
}
