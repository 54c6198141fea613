package master

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"lbmaster/master/child"
	"lbmaster/master/listen"
	"lbmaster/shared/control"
)

// pauseState is where the listening sockets of the instance are, see the guide's section 4.3.
//
//	[ accepting ] --release--> [ emptying ] --queues are empty, or pauseTime--> [ shut ]
//	      ^                         |                                              |
//	      +--------takeBack---------+-----takeBack, if every address is free-------+
//
// Shutting a listening socket resets what waits in its queue. So the workers empty the queues first. And it acts on
// the socket itself, whoever holds it: only the master does it, once for each, and never for an upgrade.
type pauseState uint8

const (
	accepting pauseState = iota
	emptying             // the workers have been told
	shut                 // other programs may have the ports
)

// reason is why the ports are released. They stay so while there is one.
type reason uint8

const (
	byOperator reason = 1 << iota // TTOU
	byBreaker                     // the workers crash
)

// pauseTime bounds how long the workers may take to empty the queues.
const pauseTime = 2 * time.Second

// pause belongs to the reconciler.
type pause struct {
	state    pauseState
	reasons  reason
	asked    map[*child.Child]int // how many Pauses a worker has not confirmed yet
	deadline time.Time            // of emptying
}

// release stops accepting on all addresses and lets other programs have them. What is connected does not notice. A unix
// socket can only stop accepting: those who connect wait.
func (m *master) release(why reason) {
	if m.phase == draining || m.phase == stopping {
		m.log.Warn("not paused: the instance is stopping")
		return
	}
	m.pause.reasons |= why
	switch {
	case m.pause.state != accepting:
		return
	case m.phase == comingUp || m.outgoing.Upgrading():
		m.log.Info("pausing when the generation that is coming up serves, or has failed")
		return
	}
	m.log.Info("pausing: existing connections go on")
	m.drainLate(m.sys.now().Add(handshakeTime))
	m.pause.state, m.pause.deadline = emptying, m.sys.now().Add(pauseTime)
	for _, s := range m.slots {
		if s.state == active {
			m.pause.ask(s.child)
		}
	}
}

// releaseLate does what was asked for during an upgrade. The sockets are those of the next generation too, which would not
// know.
func (m *master) releaseLate() {
	if m.pause.reasons != 0 && m.phase == running {
		m.release(m.pause.reasons)
	}
}

// takeBack makes the instance accept again, if there is no other reason against it and no address has been taken meanwhile.
// It says whether this reason is gone.
func (m *master) takeBack(why reason) bool {
	if m.phase == draining || m.phase == stopping {
		m.log.Warn("not resumed: the instance is stopping")
		return false
	}
	left := m.pause.reasons &^ why
	if m.pause.state == accepting || left != 0 {
		m.pause.reasons = left
		m.stillPaused()
		return true
	}
	if err := m.listenAgain(); err != nil {
		m.log.Error("not resumed: still paused", "error", err)
		return false
	}
	m.pause.state, m.pause.reasons = accepting, 0
	for _, s := range m.slots {
		if s.state == active {
			s.child.Say(control.Message{Kind: control.Resume}, nil)
		}
	}
	m.log.Info("resumed")
	m.notifier.Say(m.health())
	return true
}

// stillPaused says why the wish for the end of a pause has not ended it.
func (m *master) stillPaused() {
	switch {
	case m.pause.reasons&byBreaker != 0:
		m.log.Warn("not resumed: every worker crashes")
	case m.pause.reasons != 0:
		m.log.Warn("not resumed: TTIN has not come yet")
	}
}

// seePause shuts the listening sockets when the workers have emptied their queues.
func (m *master) seePause(now time.Time) {
	if m.pause.state != emptying {
		return
	}
	switch late := m.unconfirmed(); {
	case late > 0 && now.Before(m.pause.deadline):
		return
	case late > 0:
		m.log.Warn("workers have not emptied their queues in time: connections that wait there are reset", "workers", late)
	}
	m.pause.state = shut
	maps.DeleteFunc(m.pause.asked, func(c *child.Child, _ int) bool { return m.slots[c.Slot].child != c })
	for _, l := range m.sockets() {
		m.sys.sockets.shut(l)
	}
	m.log.Info("paused: other programs may listen here now")
	m.notifier.Say(m.health())
}

// unconfirmed is the number of workers that may still be emptying their queues.
func (m *master) unconfirmed() int {
	n := 0
	for _, s := range m.slots {
		if s.child != nil && m.pause.asked[s.child] > 0 {
			n++
		}
	}
	return n
}

func (p *pause) ask(c *child.Child) {
	if p.asked == nil {
		p.asked = make(map[*child.Child]int)
	}
	p.asked[c]++
	c.Say(control.Message{Kind: control.Pause}, nil)
}

// confirmed takes a worker's answer. Those to Pauses that were never asked for here, at the start of a worker, do not count.
func (p *pause) confirmed(c *child.Child) {
	if p.asked[c] > 1 {
		p.asked[c]--
	} else {
		delete(p.asked, c)
	}
}

// listenAgain takes every address back, or none. A socket of ours could listen again beside one of another program that
// allows that; so each address is tried first as a stranger would.
func (m *master) listenAgain() error {
	if m.pause.state == emptying {
		return nil // nothing is shut yet
	}
	var failures []error
	for _, l := range m.sockets() {
		failures = append(failures, m.named(l, m.sys.sockets.free(l)))
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	for i, l := range m.sockets() {
		if err := m.sys.sockets.again(l); err != nil {
			for _, done := range m.sockets()[:i+1] {
				m.sys.sockets.shut(done)
			}
			return m.named(l, err)
		}
	}
	return nil
}

// named says which address an error is about.
func (m *master) named(l *listen.Listener, err error) error {
	if err == nil {
		return nil
	}
	if l.Shard.Frontend == control.AdminFrontend {
		return fmt.Errorf("cannot listen on %s for admin: %w", m.config.Admin.Listen, listen.Hint(err))
	}
	f := &m.config.Frontends[l.Shard.Frontend]
	return fmt.Errorf("cannot listen on %s for %s: %w", l.Key, f.Section, listen.Hint(err))
}
