package master

import (
	"time"

	"lbmaster/master/child"
	"lbmaster/shared/control"
)

// eachChild is every child of every generation.
func (m *master) eachChild(do func(*child.Child)) {
	for _, s := range m.slots {
		if s.child != nil {
			do(s.child)
		}
	}
	if m.monitor != nil && m.monitor.child != nil {
		do(m.monitor.child)
	}
	m.old.each(do)
	for _, g := range m.incoming.generations {
		for _, c := range g.children {
			do(c)
		}
	}
}

// flush sends what waits for any child, and says whether some still does.
func (m *master) flush(now time.Time) (waits bool) {
	m.eachChild(func(c *child.Child) {
		c.Flush(now)
		waits = waits || c.Waits()
	})
	return waits
}

// onChild takes what happened to a child.
func (m *master) onChild(e child.Event) {
	defer e.Release()
	if m.mayBeTold(e) {
		return
	}
	if e.Trouble != "" {
		m.log.Warn("trouble with the messages of a child", "child", e.Child.Title, "pid", e.Child.Pid, "error", e.Trouble)
		return
	}
	if e.Message != nil && e.Message.Kind == control.Report {
		m.log.Warn("worker reports", "worker", e.Child.Slot, "pid", e.Child.Pid, "what", e.Message.Reason)
	}
	if e.Child.Generation != m.number {
		m.onOld(e)
		return
	}
	if e.Child.Slot == monitorIndex {
		m.onMonitor(e)
		return
	}
	s := m.slots[e.Child.Slot]
	if s.child != e.Child {
		return
	}
	if e.Message == nil {
		m.onEnd(s, e.Ended)
		return
	}
	e.Child.Heard = m.sys.now()
	switch e.Message.Kind {
	case control.Hello:
		m.instruct(s)
	case control.Ready:
		m.onReady(s)
	case control.Paused:
		m.pause.confirmed(s.child)
	case control.Again:
		m.sayAgain(s.child, *e.Message)
	case control.Reopen:
		m.reopenLogs(s.child)
	case control.Bye:
		s.child.Reason = e.Message.Reason
		m.log.Debug("worker leaves", "worker", s.index, "reason", e.Message.Reason)
	}
}

// onOld takes what happened to a child of an older generation.
func (m *master) onOld(e child.Event) {
	g := m.old.of(e.Child)
	if g == nil {
		return
	}
	e.Child.Heard = m.sys.now()
	switch {
	case e.Message == nil:
		m.oldEnded(g, e.Child)
	case e.Message.Kind == control.Again:
		m.sayAgain(e.Child, *e.Message)
	}
}

// mayBeTold says that a child which has left in order may have been told to by the new master, so that its end is to be
// seen only if there is none.
func (m *master) mayBeTold(e child.Event) bool {
	if !m.outgoing.Upgrading() || e.Message != nil || e.Ended != child.EndedWell {
		return false
	}
	m.outgoing.ends = append(m.outgoing.ends, e)
	return true
}
