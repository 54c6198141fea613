package master

import (
	"time"

	"lbmaster/conf"
	"lbmaster/master/child"
	"lbmaster/shared/control"
)

// drainLate drains the generations whose moment has passed.
func (m *master) drainLate(now time.Time) {
	for _, g := range m.old {
		if !g.drains.IsZero() && !now.Before(g.drains) {
			m.drain(g)
		}
	}
}

// drain tells the workers of an older generation to drain, and gives each a successor.
func (m *master) drain(g *generation) {
	g.drains = time.Time{}
	order, file, err := m.drainOrder(g)
	if err != nil {
		m.log.Error("idle connections are not handed over", "generation", g.number, "error", err)
		order = control.Message{Kind: control.Drain}
	}
	for slot, c := range g.children {
		if slot != monitorIndex {
			m.drainBy(order, file, c)
		}
	}
	m.closeFile(file)
}

// drainOne is drain for one worker.
func (m *master) drainOne(g *generation, c *child.Child) {
	order, file, err := m.drainOrder(g)
	if err == nil {
		m.drainBy(order, file, c)
	} else {
		m.log.Error("idle connections are not handed over", "generation", g.number, "error", err)
	}
	m.closeFile(file)
}

// drainOrder is the order to drain for all workers of an older generation, with the descriptor of what does not fit into it;
// -1: there is none.
func (m *master) drainOrder(g *generation) (control.Message, int, error) {
	order := control.Message{Kind: control.Drain, Places: m.placesOf(g.keys)}
	if g.program == m.env.Version { // others may not know what this is
		order.Exact = m.exact(g.keys)
	}
	return order.Pack()
}

func (m *master) drainBy(order control.Message, file int, c *child.Child) {
	successor := m.slots[c.Slot%len(m.slots)]
	if successor.state != active {
		c.Say(control.Message{Kind: control.Drain}, nil)
		return
	}
	if err := m.introduce(c, successor.child, order, file); err != nil {
		m.log.Error("cannot hand over idle connections", "generation", c.Generation, "worker", c.Slot, "error", err)
		c.Say(control.Message{Kind: control.Drain}, nil)
	}
}

// introduce connects a worker that drains with its successor.
func (m *master) introduce(old, successor *child.Child, drain control.Message, file int) error {
	mine, theirs, err := m.sys.pair()
	if err != nil {
		return err
	}
	fds := []int{mine}
	if file >= 0 {
		fds = append(fds, file)
	}
	successor.Say(control.Message{Kind: control.Predecessor, Generation: old.Generation, Slot: old.Slot}, []int{theirs})
	old.Say(drain, fds)
	m.sys.close(mine)
	m.sys.close(theirs)
	return nil
}

// placesOf is where our configuration has the binds of an older one, which are told by their addresses.
func (m *master) placesOf(keys [][]string) [][]control.Place {
	ours := make(map[string]control.Place)
	for _, l := range m.listeners {
		if m.config.Frontends[l.Shard.Frontend].Mode == conf.ModeHTTP {
			ours[l.Key] = control.PlaceOf(l.Shard)
		}
	}
	all := make([][]control.Place, len(keys))
	for i, binds := range keys {
		for _, key := range binds {
			place, ok := ours[key]
			if !ok {
				place = control.NoPlace
			}
			all[i] = append(all[i], place)
		}
	}
	return all
}

func (m *master) closeFile(fd int) {
	if fd >= 0 {
		m.sys.close(fd)
	}
}
