package master

import (
	"slices"

	"lbmaster/master/child"
	"lbmaster/master/listen"
)

// check compares what has become of the instance with what ARCHITECTURE.md promises.
func (w *world) check() {
	var serving []*simMaster
	for _, p := range w.masters {
		if p.alive {
			serving = append(serving, p)
		}
	}
	w.promise(len(serving) <= 1, "%d masters serve", len(serving))
	switch {
	case len(serving) == 1:
		w.promise(!w.wishes.end || w.faults.killed, "the instance was to end, and goes on")
		w.checkServing(serving[0])
	case w.faults.killed:
		w.checkOrphans()
	default:
		w.promise(w.wishes.end || !w.everUp(), "the instance has ended, and nobody wanted that")
		w.checkAlive(nil)
	}
}

// everUp says that a master has served.
func (w *world) everUp() bool {
	for _, p := range w.masters {
		if p.flip.ready {
			return true
		}
	}
	return false
}

// checkAlive: there is no process but those that the master knows.
func (w *world) checkAlive(m *master) {
	known := make(map[int]bool)
	if m != nil {
		m.eachChild(func(c *child.Child) { known[c.Pid] = true })
	}
	for _, c := range w.children {
		w.promise(c.state == simEnded || known[c.pid] || c.hung || w.faults.killed, "%v lives, and no master knows", c)
		w.promise(c.state != simEnded || !known[c.pid], "%v has ended, and its master does not know", c)
	}
}

// checkOrphans: children without a master serve on, if they served.
func (w *world) checkOrphans() {
	for _, c := range w.children {
		w.promise(c.state == simEnded || c.state == simServes || c.hung || c.state == simDrains, "%v has no master and does not serve", c)
	}
}

// checkServing: the last wish holds, and every socket has somebody who polls it.
func (w *world) checkServing(p *simMaster) {
	m := p.m
	w.checkAlive(m)
	if !w.faults.killed {
		paused := m.pause.reasons&byOperator != 0
		w.promise(paused == w.wishes.paused, "paused: %v, wished for: %v", paused, w.wishes.paused)
		w.checkRenewed(p)
	}
	w.promise((m.pause.state == shut) == (m.pause.reasons != 0), "reasons to pause: %d, the sockets are in state %d", m.pause.reasons, m.pause.state)
	for _, l := range m.listeners {
		for i, fd := range l.FDs {
			s := w.sockets[fd]
			w.promise(s.listens == (m.pause.state == accepting), "socket %d of %s listens: %v, pause %d", i, l.Key, s.listens, m.pause.state)
			w.checkPolled(m, l, i, fd)
		}
	}
}

// checkLent: when nothing more happens without time passing, a sibling polls what a dead worker has left, as long as one lives.
func (w *world) checkLent() {
	p := w.current()
	if w.faults.killed || p == nil || p.m == nil || p.m.phase != running || p.m.pause.state != accepting || p.m.outgoing.Upgrading() || w.ill(p.m) {
		return
	}
	if chooseBorrower(p.m.slots) == nobody {
		return
	}
	for _, l := range p.m.listeners {
		for i, fd := range l.FDs {
			polled := slices.ContainsFunc(p.m.slots, func(s *slot) bool { return s.child != nil && w.byFD[s.child.Pidfd].polls(fd) })
			w.promise(polled, "socket %d of %s is polled by nobody", i, l.Key)
		}
	}
}

// ill says that one of a master's workers does not do what it is told, or has not all been told.
func (w *world) ill(m *master) bool {
	return slices.ContainsFunc(m.slots, func(s *slot) bool {
		return s.child != nil && (w.byFD[s.child.Pidfd].hung || w.byFD[s.child.Pidfd].deaf || s.child.Waits())
	})
}

// checkPolled: one worker of this generation polls the socket, unless it is paused.
func (w *world) checkPolled(m *master, l *listen.Listener, shard, fd int) {
	n := 0
	for _, s := range m.slots {
		if w.byFD[s.child.Pidfd].polls(fd) {
			n++
		}
	}
	want := 1
	if m.pause.state != accepting {
		want = 0
	}
	w.promise(n == want, "socket %d of %s is polled by %d workers", shard, l.Key, n)
}

// checkRenewed: a wish for a next generation has begun one, or was refused.
func (w *world) checkRenewed(p *simMaster) {
	if w.wishes.renew.IsZero() || w.wishes.refused {
		return
	}
	for _, other := range w.masters {
		if !other.begun.Before(w.wishes.renew) {
			return
		}
	}
	w.promise(false, "a wish for a next generation is lost")
}
