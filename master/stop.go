package master

import (
	"os"
	"time"

	"lbmaster/master/child"
	"lbmaster/shared/control"
)

// stop ends the instance at once.
func (m *master) stop(failure error) {
	if m.phase == stopping {
		return
	}
	m.phase, m.failure = stopping, failure
	m.outgoing.Stop()
	m.notifier.Stopping("stopping")
	m.deadline = m.sys.now().Add(stopTime)
	m.endWorkers(control.Message{Kind: control.Stop})
}

// softStop ends the instance after the requests that run. A second wish for it changes nothing.
func (m *master) softStop(s os.Signal) {
	if m.phase == draining || m.phase == stopping {
		return
	}
	m.log.Info("stopping when the requests that run are finished", "signal", s)
	m.phase = draining
	m.outgoing.Stop()
	m.notifier.Say("stopping when the last session ends") // not more: a service that is stopping has only TimeoutStopSec
	m.endWorkers(control.Message{Kind: control.Drain})
	now := m.sys.now()
	m.drainLate(now.Add(handshakeTime))
	if limit := m.config.Global.HardStopAfter; limit > 0 {
		m.deadline = now.Add(limit)
	}
	for _, l := range m.listeners {
		l.Leaves = now
		if m.pause.state == accepting { // after a pause nothing is accepted that could make use of it
			l.Leaves = now.Add(m.config.Frontends[l.Shard.Frontend].Grace)
		}
	}
}

// leave closes the listening sockets whose grace has passed. The workers close theirs too: from then on clients are
// refused instead of waiting in vain.
func (m *master) leave(now time.Time) {
	for _, l := range m.listeners {
		if !l.Leaves.IsZero() && !now.Before(l.Leaves) {
			m.sys.sockets.close(l)
			l.Leaves = time.Time{}
		}
	}
}

// endWorkers sends every worker its last order. No other will be started.
func (m *master) endWorkers(order control.Message) {
	now := m.sys.now()
	for _, s := range m.slots {
		if s.child != nil {
			s.child.Say(order, nil)
		} else if s.state != gone {
			s.become(gone, now)
		}
	}
	if order.Kind == control.Stop {
		m.old.each(func(c *child.Child) { c.Say(order, nil) })
	}
}

// killAll ends what has not stopped.
func (m *master) killAll() {
	for _, s := range m.slots {
		if s.child != nil {
			m.log.Warn("worker does not stop: killed", "worker", s.index)
			s.child.Kill()
		}
	}
	m.old.each((*child.Child).Kill)
	m.deadline = m.sys.now().Add(stopTime)
}

func (m *master) workersGone() bool {
	for _, s := range m.slots {
		if s.state != gone {
			return false
		}
	}
	return true
}
