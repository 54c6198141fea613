package master

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/master/child"
	"lbmaster/master/succession"
	"lbmaster/shared/counter"
	"lbmaster/shared/signals"
)

// outgoing is this master's side as the one that leaves: another one replaces it. It belongs to the reconciler.
type outgoing struct {
	succession.Outgoing
	done chan succession.Outcome
	ends []child.Event // of children that left in order meanwhile: the new master may have told them to
}

// renew begins the next generation, or remembers that it is wanted.
func (m *master) renew(s os.Signal) {
	switch {
	case m.phase == draining || m.phase == stopping:
		m.log.Warn("no next generation: the instance is stopping", "signal", s)
		if m.phase == draining {
			m.notifier.Refused()
		}
	case m.phase == comingUp || m.outgoing.Upgrading():
		m.log.Info("the next generation begins after the one that is coming up", "signal", s)
		m.outgoing.Remember()
	case m.pause.reasons&byOperator != 0:
		m.log.Warn("no next generation while the ports are released: send TTIN first", "signal", s)
		m.notifier.Refused()
	default:
		m.beginRenewal()
	}
}

func (m *master) beginRenewal() {
	m.log.Info("beginning the next generation", "generation", m.number+1)
	m.notifier.Reloading("starting the next generation")
	m.outgoing.Begin()
	m.noticeEnds()
	if err := m.handOver(); err != nil {
		m.renewalFailed(err)
		return
	}
	m.sys.aside(func() { m.outgoing.done <- m.outgoing.Upgrade() })
}

// onRenewal goes on when the new master has taken over, or when there is none.
func (m *master) onRenewal(o succession.Outcome) {
	if o.Err != nil {
		m.renewalFailed(o.Err)
		return
	}
	m.notifier.HandOver(o.Pid, fmt.Sprintf("serving, generation %d", m.number+1))
	if err := m.notifier.Settle(m.sys.now().Add(settleTime)); err != nil {
		m.log.Warn("the service manager may not know the new main process", "pid", o.Pid, "error", err)
	}
	m.outgoing.PassOn(o.Pid, succession.Wishes{
		Stop: m.phase == stopping, SoftStop: m.phase == draining, Pause: m.pause.reasons&byOperator != 0,
	})
	m.sys.forward(o.Pid)
	m.log.Info("the next generation has taken over", "generation", m.number+1, "pid", o.Pid)
	for _, l := range m.sockets() {
		l.Lent = true // what stands for them in the file system stays
	}
	m.outgoing.Leave()
	m.phase = replaced
}

// forward passes on what comes for this master while it leaves, until the end of the process: who has sent a signal may not have known
// yet that there is another master, and the last lines may take a while to be written.
func forward(inbox *signals.Inbox, pid int) {
	for range inbox.Ready {
		for _, a := range stillMeant(inbox.Take()) {
			_ = unix.Kill(pid, a.Signal.(unix.Signal)) // it fails only when the new master has ended already
		}
	}
}

// renewalFailed goes on with this generation. Nothing of it has been touched.
func (m *master) renewalFailed(why error) {
	m.outgoing.Failed()
	for _, e := range m.outgoing.ends {
		m.onChild(e)
	}
	m.outgoing.ends = nil
	if m.phase != running {
		return // the upgrade was stopped with the instance
	}
	m.outgoing.Note(fmt.Sprintf("generation %d: %v", m.number+1, why))
	m.memory.count()[counter.FailedUpgrades].Add(1)
	m.log.Error("the next generation did not come up: this one goes on", "generation", m.number, "reason", why)
	m.notifier.Ready("upgrade failed: " + why.Error())
	m.afterRenewal()
}

// afterRenewal does what was asked for while a generation came up.
func (m *master) afterRenewal() {
	m.releaseLate()
	if m.outgoing.Again() {
		m.renew(unix.SIGUSR2)
	}
}

// settleTime bounds how long a master that has been replaced waits for the service manager.
const settleTime = time.Second
