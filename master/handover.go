package master

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/shm"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
)

// state is what a master tells the next one, as JSON in a sealed memory file. What belongs to it is handed over by the
// names that the methods below make.
type state struct {
	Version     int
	Control     int // version of the messages that its children speak
	Listeners   []listenerState
	Generations []generationState // the oldest first; the last one is the sender's own
	Older       []string          `json:",omitempty"` // sockets of generations before the sender's that still listen, as /proc/PID/fd shows them
}

// stateVersion is the version of the hand-over. A master takes over from one that speaks the same.
const stateVersion = 1

// listenerState is the sockets of one address.
type listenerState struct {
	Address string // as bindText has it
	Shards  int
	One     bool     // one socket for all workers
	Path    string   // of a unix socket
	Inode   uint64   // of a unix socket's path
	Sockets []string `json:",omitempty"` // as /proc/PID/fd shows them
}

// generationState is one generation whose workers live.
type generationState struct {
	Number    int
	Program   string     // version of the program
	Addresses [][]string // of each frontend, of each of its binds
	Workers   []workerState
	Faults    int `json:",omitempty"` // worker slots whose memory for faults is handed over
}

// workerState is one worker, or the monitor.
type workerState struct {
	Slot, Pid int
}

func shardName(address string, shard int) string { return fmt.Sprintf("shard/%s/%d", address, shard) }
func countersName(generation int) string         { return fmt.Sprintf("counters/%d", generation) }
func boardName(generation int) string            { return fmt.Sprintf("board/%d", generation) }
func controlName(generation int, slot int) string {
	return fmt.Sprintf("control/%d/%d", generation, slot)
}

func faultsName(generation, slot int) string { return fmt.Sprintf("faults/%d/%d", generation, slot) }

func pidfdName(generation int, slot int) string { return fmt.Sprintf("pidfd/%d/%d", generation, slot) }

// handOver gives the upgrader everything that the next master needs.
func (m *master) handOver() error {
	s := state{Version: stateVersion, Control: control.Version}
	g := giver{upgrader: m.upgrader}
	for _, l := range m.sockets() {
		s.Listeners = append(s.Listeners, l.state())
		for i, fd := range l.fds {
			g.give(shardName(l.key, i), fd)
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
	g.giveState(s)
	return g.err
}

// stillOlder is those of the sockets that we got from older generations, or left to them, which still listen.
func (m *master) stillOlder() []string {
	if len(m.old) == 0 {
		return nil
	}
	listening := allListening()
	maps.DeleteFunc(m.older, func(socket string, _ bool) bool { return !listening[socket] })
	return slices.Sorted(maps.Keys(m.older))
}

func (l *listener) state() listenerState {
	s := listenerState{Address: l.key, Shards: len(l.fds), One: l.one, Path: l.path, Inode: l.inode}
	for _, fd := range l.fds {
		s.Sockets = append(s.Sockets, socketName(fd))
	}
	return s
}

// generationState is what there is to know of our own generation.
func (m *master) generationState() generationState {
	s := generationState{Number: m.number, Program: m.env.Version, Addresses: addresses(m.config), Faults: len(m.memory.faults)}
	for _, slot := range m.slots {
		if slot.child != nil {
			s.Workers = append(s.Workers, workerState{slot.index, slot.child.pid})
		}
	}
	if m.monitor != nil && m.monitor.child != nil {
		s.Workers = append(s.Workers, workerState{monitorIndex, m.monitor.child.pid})
	}
	return s
}

// giver hands over through the upgrader, and keeps the first error.
type giver struct {
	upgrader *upgrader
	err      error
}

func (g *giver) give(name string, fd int) {
	if g.err == nil {
		g.err = g.upgrader.give(name, fd)
	}
}

func (g *giver) giveMemory(generation int, counters *stats.Stats, board *status.Board, faults []int) {
	g.give(countersName(generation), counters.FD())
	g.give(boardName(generation), board.FD())
	for slot, fd := range faults {
		g.give(faultsName(generation, slot), fd)
	}
}

func (g *giver) giveChild(generation, slot int, c *child) {
	g.give(controlName(generation, slot), c.controlFD)
	g.give(pidfdName(generation, slot), c.pidfd)
}

func (g *giver) giveState(s state) {
	text, err := json.Marshal(s)
	if err != nil {
		g.err = errors.Join(g.err, err)
		return
	}
	fd, err := shm.Seal("lbmaster-handover", text)
	if err != nil {
		g.err = errors.Join(g.err, err)
		return
	}
	defer unix.Close(fd)
	g.give(stateName, fd)
}

// readState reads what the old master has handed over.
func readState(u *upgrader) (*state, error) {
	fd, err := u.take(stateName)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	text, err := shm.Unseal(fd)
	if err != nil {
		return nil, unreadable(err)
	}
	return parseState(text)
}

// parseState reads a state. The versions come first: of another one nothing else can be relied on.
func parseState(text []byte) (*state, error) {
	var version struct{ Version, Control int }
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, unreadable(err)
	}
	if version.Version != stateVersion || version.Control != control.Version {
		return nil, fmt.Errorf("the old master hands over in version %d.%d, this program takes %d.%d: stop it and start this one instead",
			version.Version, version.Control, stateVersion, control.Version)
	}
	s := &state{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, unreadable(err)
	}
	if len(s.Generations) == 0 {
		return nil, unreadable(errors.New("there is no generation"))
	}
	return s, nil
}

func unreadable(err error) error {
	return fmt.Errorf("what the old master has handed over cannot be read: %w", err)
}

// inheritedSockets are the listening sockets that the old master has handed over. Those that nobody takes are closed when we take over:
// old workers, which hold them too, accept what waits there before they close theirs.
type inheritedSockets struct {
	upgrader  *upgrader
	listeners map[string]listenerState // by address; those that are left
	sockets   map[string]bool          // of all, and those of older generations, as /proc/PID/fd shows them
}

func newInheritedSockets(u *upgrader, s *state) *inheritedSockets {
	inherited := &inheritedSockets{u, make(map[string]listenerState), make(map[string]bool)}
	for _, socket := range s.Older {
		inherited.sockets[socket] = true
	}
	for _, l := range s.Listeners {
		inherited.listeners[l.Address] = l
		for _, socket := range l.Sockets {
			inherited.sockets[socket] = true
		}
	}
	return inherited
}

func (s *inheritedSockets) serves() map[string]bool { return s.sockets }

// left is in order, so that all generations do the same. Sockets with another owner are not among it: that one says where they
// are.
func (s *inheritedSockets) left() []string {
	var all []string
	for address, l := range s.listeners {
		if !l.One {
			all = append(all, address)
		}
	}
	slices.Sort(all)
	return all
}

// take takes the sockets of an address; nil: there are none. A first generation has inherited none.
func (s *inheritedSockets) take(address string) (*listener, error) {
	if s == nil {
		return nil, nil
	}
	there, ok := s.listeners[address]
	if !ok {
		return nil, nil
	}
	delete(s.listeners, address)
	if there.Inode != 0 && inode(there.Path) != there.Inode {
		return nil, nil // nobody finds this socket any more: there is to be a new one, and old workers empty its queue
	}
	l := &listener{inode: there.Inode, path: there.Path, one: there.One, lent: true}
	for i := range there.Shards {
		fd, err := s.upgrader.take(shardName(address, i))
		if err != nil {
			l.close()
			return nil, err
		}
		l.fds = append(l.fds, fd)
	}
	return l, nil
}

// addresses are those of every bind of a configuration.
func addresses(c *conf.Config) [][]string {
	all := make([][]string, len(c.Frontends))
	for i := range c.Frontends {
		for j := range c.Frontends[i].Binds {
			all[i] = append(all[i], bindText(&c.Frontends[i].Binds[j]))
		}
	}
	return all
}
