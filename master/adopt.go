package master

import (
	"slices"
	"time"

	"lbmaster/master/child"
	"lbmaster/shared/control"
	"lbmaster/shared/stats"
)

// adopt makes us the master of the older generations: their workers are told to finish, and who gets their clients.
func (m *master) adopt(now time.Time) {
	m.old, m.incoming.generations = m.incoming.generations, nil
	for _, g := range m.old {
		g.joinMemory(m.memory)
		if limit := m.config.Global.HardStopAfter; limit > 0 && g.deadline.IsZero() {
			g.deadline = now.Add(limit)
		}
		for _, c := range g.children {
			c.Heard = now
			m.sys.watch(c)
		}
		m.retireGeneration(g, now)
	}
	for i := range len(m.old) + 1 - m.config.Global.MaxGenerations {
		m.log.Warn("too many generations: the oldest is stopped", "generation", m.old[i].number, "max_generations", m.config.Global.MaxGenerations)
		m.old[i].deadline = now
	}
	for _, g := range slices.Clone(m.old) {
		if len(g.children) == 0 { // they had all died
			m.endGeneration(g)
		}
	}
}

// showPeerGeneration shows a worker the counters of another generation, whose sessions count for maxconn too.
func showPeerGeneration(c *child.Child, generation int, counters *stats.Stats) {
	c.Say(control.Message{Kind: control.PeerGeneration, Generation: generation}, []int{counters.FD()})
}

// retireGeneration ends the work of an older generation: at once, or for the workers of the last one in a moment, if they have an address
// of which ours is a part.
func (m *master) retireGeneration(g *generation, now time.Time) {
	if c := g.children[monitorIndex]; c != nil {
		c.Say(control.Message{Kind: control.Retire}, nil)
	}
	if g == m.old.newest() && m.narrows() {
		g.drains = now.Add(handshakeTime)
		return
	}
	m.drain(g)
}

// noticeEnds ends the older generations whose children have ended when that news is still on its way to the reconciler. Where one
// wish follows the other, each master would hand them over to the next, which has no time for them either.
func (m *master) noticeEnds() {
	for _, g := range slices.Clone(m.old) {
		for _, c := range g.children {
			if m.sys.ended(c) {
				m.oldEnded(g, c)
			}
		}
	}
}

// oldEnded goes on after a child of an older generation has ended.
func (m *master) oldEnded(g *generation, c *child.Child) {
	if c.Slot != monitorIndex {
		g.counters.Vacate(c.Slot)
	}
	c.Close()
	delete(g.children, c.Slot)
	if len(g.children) == 0 {
		m.endGeneration(g)
	}
}

// endGeneration forgets an older generation whose last child is gone.
func (m *master) endGeneration(g *generation) {
	g.past.Absorb()
	for _, s := range m.slots {
		if s.child != nil && s.state == active {
			s.child.Say(control.Message{Kind: control.GenerationEnded, Generation: g.number}, nil)
		}
	}
	m.hideFaults(g)
	if err := m.sys.release(g); err != nil {
		m.log.Error("cannot let go of an older generation", "generation", g.number, "error", err)
	}
	m.old = m.old.without(g)
	m.log.Info("generation has ended", "generation", g.number)
}
