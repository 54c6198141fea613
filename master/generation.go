package master

import (
	"fmt"
	"time"

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

// joinMemory takes over what the generation has counted, and learns which servers it has in common with ours.
func (g *generation) joinMemory(ours *memory) {
	g.past = stats.NewPast(g.counters, ours.counters)
	g.past.Absorb()
	g.sameServers = sameServers(g.board, ours.board)
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

// mirror shows the generation what is known now of the servers that it has too, and takes over what it counts.
func (g *generation) mirror(ours *status.Board, now time.Time) {
	g.past.Absorb()
	for at, here := range g.sameServers {
		if state := ours.Load(here); state != g.board.Load(at) {
			g.board.Store(at, state, now.UnixMilli())
		}
	}
}

// expire stops the generation when its time is over, and kills what has not stopped by then.
func (g *generation) expire(now time.Time) {
	if g.deadline.IsZero() || now.Before(g.deadline) {
		return
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

// clocks are the times at which something is due for the generation, and since when nothing has been heard of its children.
func (g *generation) clocks() []*time.Time {
	all := []*time.Time{&g.deadline, &g.drains}
	for _, c := range g.children {
		all = append(all, &c.Heard)
	}
	return all
}

// close lets go of what the generation shared with its children.
func (g *generation) close() error {
	control.CloseAll(g.faults)
	if err := g.counters.Close(); err != nil {
		return fmt.Errorf("counters: %w", err)
	}
	return g.board.Close()
}
