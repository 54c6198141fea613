package master

import (
	"fmt"
	"slices"
	"time"

	"lbmaster/conf"
	"lbmaster/master/child"
	"lbmaster/shared/control"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
)

// generation is one whose master has been replaced, by this one or by one before. Its children finish what runs: they are
// adopted, but not replaced when they die. It belongs to the reconciler.
type generation struct {
	number      int
	program     string     // its version
	keys        [][]string // the address of each frontend's binds
	counters    *stats.Stats
	board       *status.Board
	faults      []int // of each worker slot
	past        *stats.Past
	sameServers map[int]int          // of its board and ours
	children    map[int]*child.Child // by slot; those that live
	deadline    time.Time            // when it is stopped, and then killed; zero: it may take as long as it wants
	told        bool                 // to stop
	drains      time.Time            // when its workers are told to drain; zero: they have been
}

// adopt makes us the master of the older generations: their workers are told to finish, and who gets their clients.
func (m *master) adopt(now time.Time) {
	m.old, m.incoming.generations = m.incoming.generations, nil
	for _, g := range m.old {
		g.past = stats.NewPast(g.counters, m.memory.counters)
		g.past.Absorb()
		g.sameServers = sameServers(g.board, m.memory.board)
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
	if g == m.old[len(m.old)-1] && m.narrows() {
		g.drains = now.Add(handshakeTime)
		return
	}
	m.drain(g)
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

func (m *master) closeFile(fd int) {
	if fd >= 0 {
		m.sys.close(fd)
	}
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

func (m *master) generationOf(c *child.Child) *generation {
	for _, g := range m.old {
		if g.number == c.Generation && g.children[c.Slot] == c {
			return g
		}
	}
	return nil
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
	for i, other := range m.old {
		if other == g {
			m.old = append(m.old[:i], m.old[i+1:]...)
			break
		}
	}
	m.log.Info("generation has ended", "generation", g.number)
}

// watchOld does what is due for the older generations.
func (m *master) watchOld(now time.Time) {
	m.drainLate(now)
	for _, g := range m.old {
		if g.deadline.IsZero() || now.Before(g.deadline) {
			continue
		}
		for _, c := range g.children {
			if g.told {
				c.Kill()
			} else {
				c.Say(control.Message{Kind: control.Stop}, nil)
			}
		}
		g.told = true
		g.deadline = now.Add(stopTime)
	}
}

// mirror shows older generations what is known now of the servers that they have too, and takes over what they count.
func (m *master) mirror(now time.Time) {
	for _, g := range m.old {
		g.past.Absorb()
		for theirs, ours := range g.sameServers {
			if state := m.memory.board.Load(ours); state != g.board.Load(theirs) {
				g.board.Store(theirs, state, now.UnixMilli())
			}
		}
	}
}

// sameServers are the servers that two boards have in common: where the second board has those of the first.
func sameServers(first, second *status.Board) map[int]int {
	places := make(map[status.Server]int)
	for i, server := range second.Servers() {
		places[server] = i
	}
	both := make(map[int]int)
	for i, server := range first.Servers() {
		if at, ok := places[server]; ok {
			both[i] = at
		}
	}
	return both
}

// every child of an older generation.
func (m *master) eachOld(do func(*child.Child)) {
	for _, g := range m.old {
		for _, c := range g.children {
			do(c)
		}
	}
}

func (g *generation) close() error {
	control.CloseAll(g.faults)
	if err := g.counters.Close(); err != nil {
		return fmt.Errorf("counters: %w", err)
	}
	return g.board.Close()
}

// drainLate drains the generations whose moment has passed.
func (m *master) drainLate(now time.Time) {
	for _, g := range m.old {
		if !g.drains.IsZero() && !now.Before(g.drains) {
			m.drain(g)
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
