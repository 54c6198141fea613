package master

import (
	"errors"
	"log/slog"

	"golang.org/x/sys/unix"

	"lbmaster/master/child"
	"lbmaster/master/listen"
	"lbmaster/master/succession"
	"lbmaster/shared/status"
)

// incoming is this master's side as the one that takes over from another. The old one and its children notice nothing of it until
// Commit: what was handed over is only looked at. It belongs to the reconciler.
type incoming struct {
	succession.Incoming
	sys         *system
	log         *slog.Logger
	generations generations       // those of the old master, until they are adopted; the oldest first
	sockets     *inheritedSockets // those that nobody has taken yet; nil: there are none, or what is left is cleared
}

// takeOver takes the generations that the old master has handed over, its own among them. Nothing happens to them until adopt.
func (in *incoming) takeOver(s *succession.State) error {
	for _, g := range s.Generations {
		old, err := in.takeGeneration(g)
		if err != nil {
			return err
		}
		in.generations = append(in.generations, old)
	}
	in.sockets = newInheritedSockets(in.Take, s)
	return nil
}

func (in *incoming) takeGeneration(s succession.Generation) (*generation, error) {
	g := &generation{number: s.Number, program: s.Program, keys: s.Addresses, children: make(map[int]*child.Child)}
	fd, err := in.Take(succession.CountersName(g.number))
	if err != nil {
		return nil, err
	}
	if g.counters, err = in.sys.counters(fd); err != nil {
		return nil, err
	}
	if fd, err = in.Take(succession.BoardName(g.number)); err != nil {
		return nil, err
	}
	if g.board, err = in.sys.board(fd); err != nil {
		return nil, err
	}
	if err := in.takeFaults(g, s.Faults); err != nil {
		return nil, err
	}
	for _, w := range s.Workers {
		if g.children[w.Slot], err = in.takeChild(g.number, w); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (in *incoming) takeChild(generation int, w succession.Worker) (*child.Child, error) {
	pidfd, err := in.Take(succession.PidfdName(generation, w.Slot))
	if err != nil {
		return nil, err
	}
	controlFD, err := in.Take(succession.ControlName(generation, w.Slot))
	if err != nil {
		return nil, err
	}
	channel, err := in.sys.lend(controlFD)
	if err != nil {
		return nil, err
	}
	c := child.New(nameOf(generation, w.Slot), channel, in.sys.kernel, in.log)
	c.Pid, c.Pidfd, c.ControlFD = w.Pid, pidfd, controlFD
	return c, nil
}

// boardBefore is the server status board of the generation before; nil: there was none.
func (in *incoming) boardBefore() *status.Board {
	if last := in.generations.newest(); last != nil {
		return last.board
	}
	return nil
}

// takeFaults takes the memory of the workers of an older generation. A program that knows nothing of it has handed over none.
func (in *incoming) takeFaults(g *generation, slots int) error {
	for slot := range slots {
		fd, err := in.Take(succession.FaultsName(g.number, slot))
		if err != nil {
			return err
		}
		g.faults = append(g.faults, fd)
	}
	return nil
}

// claim says why this master may not take over, if it may not.
func (m *master) claim() error {
	may, err := m.incoming.Claim()
	if err == nil && !may {
		err = errors.New("the old master has been told to end")
	}
	return err
}

// becomeMaster takes over from the old master, if there is one, when all workers are ready: from here on there is no way
// back.
func (m *master) becomeMaster() {
	if err := m.incoming.Commit(); err != nil {
		// The old master has died in this very moment. Everything that it had is ours.
		m.log.Warn("the old master does not hear that we have taken over", "error", err)
	}
	for _, l := range m.sockets() {
		if err := m.sys.sockets.own(l); err != nil {
			m.log.Error("cannot listen on all sockets of an address", "address", l.Key, "error", err)
		}
	}
}

// clearInheritedSockets removes what is left in the file system of addresses that our configuration does not have.
func (m *master) clearInheritedSockets() {
	if m.incoming.sockets == nil {
		return
	}
	for address, l := range m.incoming.sockets.listeners {
		m.log.Info("no longer listening", "address", address)
		if l.Path != "" && l.Inode != 0 && listen.InodeOf(l.Path) == l.Inode {
			unix.Unlink(l.Path)
		}
	}
	m.incoming.sockets = nil
}

// showToOlder shows our counters to the workers of older generations: they accept until they are told to drain.
func (m *master) showToOlder() {
	for _, g := range m.incoming.generations {
		for slot, c := range g.children {
			if slot != monitorIndex {
				showPeerGeneration(c, m.number, m.memory.counters)
			}
		}
	}
}
