package master

import (
	"os"
	"time"

	"lbmaster/conf"
	"lbmaster/master/child"
	"lbmaster/shared/control"
	"lbmaster/shared/counter"
)

// The monitor is a child like the workers, with a slot of its own. Nobody waits for it: an instance is up, and serves,
// without.

// MonitorArg is the hidden first argument that makes the program the monitor.
const MonitorArg = "monitor"

// monitorIndex is the index of the monitor's slot, which is not among those of the workers.
const monitorIndex = control.MonitorSlot

// newMonitor is the monitor's slot; nil when there is nothing to do for a monitor.
func newMonitor(c *conf.Config) *slot {
	if c.Admin.Socket != "" || c.Admin.Listen.IsValid() {
		return &slot{index: monitorIndex, borrower: nobody}
	}
	for i := range c.Backends {
		for j := range c.Backends[i].Servers {
			if c.Backends[i].Servers[j].Check {
				return &slot{index: monitorIndex, borrower: nobody}
			}
		}
	}
	return nil
}

// onMonitor takes what happened to a monitor.
func (m *master) onMonitor(e child.Event) {
	s := m.monitor
	if s.child != e.Child {
		return
	}
	if e.Message == nil {
		m.onMonitorEnd(s, e.Ended)
		return
	}
	e.Child.Heard = m.sys.now()
	switch e.Message.Kind {
	case control.Hello:
		m.instructMonitor(e.Child)
	case control.Ready:
		if s.state == starting && m.lockUp(s.child) {
			s.become(ready, m.sys.now())
			m.known = nil // it knows nothing yet
			m.showFaults(s.child)
		}
	case control.Again:
		m.sayAgain(s.child, *e.Message)
	case control.Reopen:
		m.reopenLogs(s.child)
	case control.Profile:
		m.profile(e)
	case control.Bye:
		m.log.Debug("monitor leaves", "reason", e.Message.Reason)
	}
}

// instructMonitor tells a new monitor everything that it needs to become ready.
func (m *master) instructMonitor(c *child.Child) {
	start := control.Message{
		Kind: control.Start, Generation: m.number, Workers: len(m.slots), Identity: &m.identity, Pid: os.Getpid(), Since: m.began.UnixMilli(),
	}
	logs := m.openLogs()
	c.Say(start, append(m.memory.fds(), logs...))
	control.CloseAll(logs)
	var all []offer
	for _, l := range m.admin {
		all = append(all, offer{l.Shard, l.FDs[0]})
	}
	m.sendShards(c, control.Message{Kind: control.Listeners}, all)
}

// onMonitorEnd goes on after the monitor has ended: there will be another one as long as there are workers.
func (m *master) onMonitorEnd(s *slot, how string) {
	s.child.Close()
	if m.monitorRetires() {
		s.child = nil
		s.become(gone, m.sys.now())
		return
	}
	m.memory.count()[counter.MonitorDeaths].Add(1)
	m.log.Error("monitor died", "pid", s.child.Pid, "how", how)
	s.died(m.sys.now(), m.sys.jitter())
}

// watchMonitor does what is due for the monitor.
func (m *master) watchMonitor(now time.Time) {
	s := m.monitor
	switch {
	case s == nil || s.state == gone:
	case m.monitorRetires():
		m.retireMonitor(s, now)
	case m.phase == draining && s.state == active && s.told != control.Drain:
		s.told = control.Drain // it goes on, but can say so
		s.child.Say(control.Message{Kind: control.Drain}, nil)
	case s.state == resting && !now.Before(s.due) && !m.outgoing.Upgrading():
		m.startMonitor(s, now)
	case s.state == starting && !now.Before(s.due):
		m.log.Error("monitor is not ready in time")
		s.child.Kill()
		s.due = now.Add(readyTime)
	case s.state == ready && m.phase != comingUp:
		s.become(active, now)
		s.child.Say(control.Message{Kind: control.Activate}, nil)
		if s.failures > 0 {
			m.log.Info("monitor is back", "pid", s.child.Pid)
		}
	}
	m.inform()
}

func (m *master) startMonitor(s *slot, now time.Time) {
	c, err := m.sys.spawn(s.index)
	s.become(starting, now)
	if err != nil {
		m.log.Error("cannot start the monitor", "error", err)
		s.died(now, m.sys.jitter())
		return
	}
	c.Heard = now
	s.child, s.told = c, ""
	s.due = now.Add(readyTime)
}

// monitorRetires says that the monitor is not needed any more: the workers are gone, or have to go at once.
func (m *master) monitorRetires() bool {
	return m.phase == stopping || m.phase == draining && m.workersGone()
}

// retireMonitor ends the monitor: it is told once, and killed when it has not left in time.
func (m *master) retireMonitor(s *slot, now time.Time) {
	switch {
	case s.child == nil:
		s.become(gone, now)
	case s.told != control.Stop:
		s.told = control.Stop
		s.due = now.Add(stopTime)
		s.child.Say(control.Message{Kind: control.Stop}, nil)
	case !now.Before(s.due):
		m.log.Warn("monitor does not stop: killed")
		s.child.Kill()
		s.due = now.Add(stopTime)
	}
}

// monitorDue is when watchMonitor may have something to do again, and whether there is such a time.
func (m *master) monitorDue() (at time.Time, ok bool) {
	s := m.monitor
	if s == nil || s.state == gone {
		return time.Time{}, false
	}
	return s.due, s.state == resting && !m.outgoing.Upgrading() || s.state == starting || s.told == control.Stop
}
