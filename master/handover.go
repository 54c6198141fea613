package master

import (
	"maps"
	"slices"

	"lbmaster/conf"
	"lbmaster/master/child"
	"lbmaster/master/listen"
	"lbmaster/master/procfs"
	"lbmaster/master/succession"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
)

// handOver gives the next master everything that it needs.
func (m *master) handOver() error {
	var s succession.State
	g := giver{to: &m.outgoing.Outgoing}
	for _, l := range m.sockets() {
		s.Listeners = append(s.Listeners, m.sys.sockets.state(l))
		for i, fd := range l.FDs {
			g.give(succession.ShardName(l.Key, i), fd)
		}
	}
	for _, old := range m.old {
		s.Generations = append(s.Generations, old.state())
		g.giveMemory(old.number, old.counters, old.board, old.faults)
		for slot, c := range old.children {
			g.giveChild(old.number, slot, c)
		}
	}
	s.Generations = append(s.Generations, m.generationState())
	s.Older = m.stillOlder()
	g.giveMemory(m.number, m.memory.counters, m.memory.board, m.memory.faults)
	for _, slot := range m.slots {
		if slot.child != nil {
			g.giveChild(m.number, slot.index, slot.child)
		}
	}
	if m.monitor != nil && m.monitor.child != nil {
		g.giveChild(m.number, monitorIndex, m.monitor.child)
	}
	if g.err != nil {
		return g.err
	}
	return m.outgoing.HandState(s)
}

// stillOlder is those of the sockets that we got from older generations, or left to them, which still listen.
func (m *master) stillOlder() []string {
	if len(m.old) == 0 {
		return nil
	}
	listening := m.sys.listening()
	maps.DeleteFunc(m.older, func(socket string, _ bool) bool { return !listening[socket] })
	return slices.Sorted(maps.Keys(m.older))
}

// stateOf is what the next master is told of sockets.
func stateOf(l *listen.Listener) succession.Listener {
	s := succession.Listener{Address: l.Key, Shards: len(l.FDs), One: l.One, Path: l.Path, Inode: l.Inode}
	for _, fd := range l.FDs {
		s.Sockets = append(s.Sockets, procfs.SocketName(fd))
	}
	return s
}

// generationState is what there is to know of our own generation.
func (m *master) generationState() succession.Generation {
	s := succession.Generation{Number: m.number, Program: m.env.Version, Addresses: addresses(m.config), Faults: len(m.memory.faults)}
	for _, slot := range m.slots {
		if slot.child != nil {
			s.Workers = append(s.Workers, succession.Worker{Slot: slot.index, Pid: slot.child.Pid})
		}
	}
	if m.monitor != nil && m.monitor.child != nil {
		s.Workers = append(s.Workers, succession.Worker{Slot: monitorIndex, Pid: m.monitor.child.Pid})
	}
	return s
}

// giver hands over, and keeps the first error.
type giver struct {
	to  *succession.Outgoing
	err error
}

func (g *giver) give(name string, fd int) {
	if g.err == nil {
		g.err = g.to.Hand(name, fd)
	}
}

func (g *giver) giveMemory(generation int, counters *stats.Stats, board *status.Board, faults []int) {
	g.give(succession.CountersName(generation), counters.FD())
	g.give(succession.BoardName(generation), board.FD())
	for slot, fd := range faults {
		g.give(succession.FaultsName(generation, slot), fd)
	}
}

func (g *giver) giveChild(generation, slot int, c *child.Child) {
	g.give(succession.ControlName(generation, slot), c.ControlFD)
	g.give(succession.PidfdName(generation, slot), c.Pidfd)
}

func (g *generation) state() succession.Generation {
	s := succession.Generation{Number: g.number, Program: g.program, Addresses: g.keys, Faults: len(g.faults)}
	for slot, c := range g.children {
		s.Workers = append(s.Workers, succession.Worker{Slot: slot, Pid: c.Pid})
	}
	return s
}

// addresses are those of every bind of a configuration.
func addresses(c *conf.Config) [][]string {
	all := make([][]string, len(c.Frontends))
	for i := range c.Frontends {
		for j := range c.Frontends[i].Binds {
			all[i] = append(all[i], listen.Text(&c.Frontends[i].Binds[j]))
		}
	}
	return all
}
