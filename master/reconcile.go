package master

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/master/child"
	"lbmaster/shared/control"
	"lbmaster/shared/counter"
	"lbmaster/shared/signals"
)

// phase is where the instance is in its life.
//
//	[ coming up ] --all ready--> [ running ] --USR1--> [ draining ]
//	      |                          |                      |
//	      +-- failure, TERM, INT ----+-------- TERM, INT ---+--> [ stopping ]
//
// Run returns when the last worker is gone, in draining and stopping; and at once when another master has taken over, in
// replaced, which only running leads to.
type phase uint8

const (
	comingUp phase = iota
	running
	draining
	stopping
	replaced // by another master; the workers go on under that one
)

const (
	readyTime = 10 * time.Second // a worker that is not ready by then is killed
	stopTime  = 2 * time.Second  // a worker that has not stopped by then is killed
	beatTime  = 2 * time.Second  // between two Pings
	dumpTime  = 2 * time.Second  // for the goroutine dump of one that hangs
)

// reconcile is the one place that acts: on wishes, on what happens to children, and on time.
func (m *master) reconcile(inbox *signals.Inbox) error {
	m.due = m.sys.now()
	m.beat = m.due.Add(beatTime)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for !m.over() {
		var rest time.Duration
		select {
		case <-inbox.Ready:
			rest = m.step(func() { m.onSignals(inbox.Take()) })
		case e := <-m.events:
			rest = m.step(func() { m.onChild(e) })
		case o := <-m.outgoing.done:
			rest = m.step(func() { m.onRenewal(o) })
		case <-timer.C:
			rest = m.step(func() {})
		}
		timer.Reset(rest)
	}
	return m.failure
}

// step takes something that has happened, does what is due, and returns for how long there is nothing more to do. A standstill is seen
// before, so that what is measured from now on is not moved by it; and once more, when it came in the middle of taking: what children have
// said meanwhile is not read yet.
func (m *master) step(take func()) time.Duration {
	begun := m.seen(m.due)
	take()
	now := m.seen(begun)
	if m.phase == replaced {
		return 0 // all is the next master's
	}
	m.act(now)
	m.due = m.next(now)
	return m.due.Sub(now)
}

// seen is the time now, when it should be due. A standstill since then counts against nobody.
func (m *master) seen(due time.Time) time.Time {
	now := m.sys.now()
	if late := now.Sub(due); late > standstill {
		m.overlook(late)
	}
	return now
}

// onSignals turns signals into what they ask for, in the order in which they were sent.
func (m *master) onSignals(all []signals.Arrival) {
	for _, a := range all {
		resumes := m.order.resumes(a, m.pause.reasons&byOperator != 0)
		m.onSignal(a.Signal)
		if resumes {
			m.onSignal(unix.SIGTTIN)
		}
	}
}

// over says that the instance has ended.
func (m *master) over() bool {
	switch m.phase {
	case replaced:
		return true
	case comingUp, running:
		return false
	}
	return !m.outgoing.Upgrading() && m.workersGone() && len(m.old) == 0 && (m.monitor == nil || m.monitor.state == gone)
}

// onSignal turns a signal into what it asks for.
func (m *master) onSignal(s os.Signal) {
	switch wishes[s] {
	case wishStop:
		m.log.Info("stopping", "signal", s)
		m.stop(nil)
	case wishInterrupt:
		m.log.Info("stopping", "signal", s)
		m.stop(ErrInterrupted)
	case wishSoftStop:
		m.softStop(s)
	case wishPause:
		m.release(byOperator)
	case wishResume:
		m.takeBack(byOperator)
	case wishDump:
		m.dumpAll()
	case wishRenew:
		m.renew(s)
	}
}

// act does what is due.
func (m *master) act(now time.Time) {
	switch {
	case m.phase == stopping && !now.Before(m.deadline):
		m.killAll()
	case m.phase == draining && !m.deadline.IsZero() && !now.Before(m.deadline):
		m.log.Warn("stopping: hard_stop_after has passed")
		m.stop(nil)
	}
	m.leave(now)
	m.seeBreaker(now)
	m.seePause(now)
	m.notifier.Beat(now, m.answering(now))
	for _, s := range m.slots {
		if now.Before(s.due) {
			continue
		}
		switch {
		case s.state == resting && (m.phase == comingUp || m.phase == running) && !m.outgoing.Upgrading() && !m.breaker.holds(m.slots, now):
			m.start(s, now)
		case s.state == starting && s.child != nil:
			m.log.Error("worker is not ready in time", "worker", s.index)
			s.child.Reason = fmt.Sprintf("it was not ready within %v", readyTime)
			s.child.Kill()
			s.due = now.Add(readyTime)
		}
	}
	m.watchMonitor(now)
	m.drainLate(now)
	m.old.expire(now)
	m.waits = m.flush(now)
	if !now.Before(m.beat) {
		m.heartbeat(now)
		m.old.mirror(m.memory.board, now)
		m.memory.count()[counter.LogsDropped].Add(m.lostLogs.Swap(0) + m.sys.kept())
	}
}

// next is when act may have something to do again.
func (m *master) next(now time.Time) time.Time {
	next := m.beat
	if m.waits {
		next = now.Add(child.LaterTime)
	}
	sooner := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	if !m.deadline.IsZero() {
		sooner(m.deadline)
	}
	if at, ok := m.notifier.Due(); ok {
		sooner(at)
	}
	if m.pause.state == emptying {
		sooner(m.pause.deadline)
	}
	for _, l := range m.listeners {
		if !l.Leaves.IsZero() {
			sooner(l.Leaves)
		}
	}
	if at, ok := m.breakerDue(now); ok {
		sooner(at)
	}
	held := m.breaker.holds(m.slots, now)
	for _, s := range m.slots {
		if s.state == resting && !held && !m.outgoing.Upgrading() || s.state == starting {
			sooner(s.due)
		}
	}
	for _, g := range m.old {
		for _, t := range []time.Time{g.deadline, g.drains} {
			if !t.IsZero() {
				sooner(t)
			}
		}
	}
	if at, ok := m.monitorDue(); ok {
		sooner(at)
	}
	return next
}

// heartbeat asks every child for a sign of life, and ends those that have given none for too long.
func (m *master) heartbeat(now time.Time) {
	m.beat = now.Add(beatTime)
	for _, s := range m.slots {
		m.examine(s, now)
	}
	if m.monitor != nil {
		m.examine(m.monitor, now)
	}
	m.old.each(func(c *child.Child) { m.examineChild(c, now) })
}

func (m *master) examine(s *slot, now time.Time) {
	if s.child != nil && s.state != starting {
		m.examineChild(s.child, now)
	}
}

func (m *master) examineChild(c *child.Child, now time.Time) {
	silent := now.Sub(c.Heard)
	switch {
	case silent < child.HangTime:
		c.Say(control.Message{Kind: control.Ping}, nil)
	case !c.Aborted:
		m.log.Error(c.Title+" hangs: aborted", "generation", c.Generation, "pid", c.Pid, "silent", silent.Round(time.Second))
		c.Aborted = true
		c.Signal(unix.SIGABRT)
	case silent >= child.HangTime+dumpTime:
		c.Kill()
	}
}
