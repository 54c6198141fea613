package master

import (
	"slices"

	"lbmaster/master/child"
	"lbmaster/shared/control"
)

// sayAgain answers a child that had no room for the descriptors of a message. What it asks for is what holds now: it may have
// been overtaken.
func (m *master) sayAgain(c *child.Child, asked control.Message) {
	switch asked.Asked {
	case control.Lend:
		m.lendAgain(c, asked)
	case control.Logs:
		if c.Generation == m.number {
			m.reopenLogs(c)
		}
	case control.PeerGeneration:
		m.showPeerGenerationAgain(c, asked.Generation)
	case control.Faults:
		if c.Slot == monitorIndex {
			m.showFaultsAgain(c, asked.Generation)
		}
	case control.Predecessor:
		if old := m.old.worker(asked.Generation, asked.Slot); old != nil {
			m.drainOne(m.old.of(old), old)
		}
	case control.Drain:
		if g := m.old.of(c); g != nil {
			m.drainOne(g, c)
		}
	}
}

// lendAgain lends those shards of a slot that were asked for, if they are still lent to this worker.
func (m *master) lendAgain(c *child.Child, asked control.Message) {
	if asked.Slot < 0 || asked.Slot >= len(m.slots) {
		return
	}
	s := m.slots[asked.Slot]
	if s.borrower == nobody || m.slots[s.borrower].child != c {
		return
	}
	all := slices.DeleteFunc(m.shards(s.index, false), func(o offer) bool { return !slices.Contains(asked.Shards, o.shard) })
	if len(all) > 0 {
		m.sendShards(c, control.Message{Kind: control.Lend, Slot: s.index}, all)
	}
}

// showPeerGenerationAgain shows a worker the counters of a generation that has not ended.
func (m *master) showPeerGenerationAgain(c *child.Child, generation int) {
	if generation == m.number && c.Generation != m.number {
		showPeerGeneration(c, m.number, m.memory.counters)
	}
	if g := m.old.numbered(generation); g != nil {
		showPeerGeneration(c, g.number, g.counters)
	}
}
