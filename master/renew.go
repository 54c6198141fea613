package master

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/signals"
)

// renewal is how far this master is in being replaced. It belongs to the reconciler.
//
//	[ settled ] --USR2, HUP--> [ renewing ] --the new master has taken over--> Run returns
//	     ^                        |    ^  |
//	     |                        |    +--+  a wish in between is remembered
//	     +--- it fails -----------+
type renewal struct {
	running bool // another master is being started
	again   bool // and after that another one
	done    chan outcome
	reason  string       // why the last one failed
	ends    []childEvent // of children that left in order meanwhile: the new master may have told them to
}

// outcome is what became of an upgrade: the process id of the new master, or why there is none.
type outcome struct {
	pid int
	err error
}

// renew begins the next generation, or remembers that it is wanted.
func (m *master) renew(s os.Signal) {
	switch {
	case m.phase == draining || m.phase == stopping:
		m.log.Warn("no next generation: the instance is stopping", "signal", s)
		if m.phase == draining {
			m.notifier.refused()
		}
	case m.phase == comingUp || m.renewal.running:
		m.log.Info("the next generation begins after the one that is coming up", "signal", s)
		m.renewal.again = true
	case m.pause.reasons&byOperator != 0:
		m.log.Warn("no next generation while the ports are released: send TTIN first", "signal", s)
		m.notifier.refused()
	default:
		m.beginRenewal()
	}
}

func (m *master) beginRenewal() {
	m.log.Info("beginning the next generation", "generation", m.number+1)
	m.notifier.reloading("starting the next generation")
	m.renewal.running, m.renewal.again = true, false
	m.noticeEnds()
	if err := m.handOver(); err != nil {
		m.renewalFailed(err)
		return
	}
	go func() {
		pid, err := m.upgrader.run(m.env.Environ)
		m.renewal.done <- outcome{pid, err}
	}()
}

// onRenewal goes on when the new master has taken over, or when there is none.
func (m *master) onRenewal(o outcome) {
	if o.err != nil {
		m.renewalFailed(o.err)
		return
	}
	m.notifier.handOver(o.pid, fmt.Sprintf("serving, generation %d", m.number+1))
	if err := m.notifier.settle(time.Now().Add(settleTime)); err != nil {
		m.log.Warn("the service manager may not know the new main process", "pid", o.pid, "error", err)
	}
	m.passOn(o.pid)
	go forward(m.inbox, o.pid)
	m.log.Info("the next generation has taken over", "generation", m.number+1, "pid", o.pid)
	for _, l := range m.sockets() {
		l.lent = true // what stands for them in the file system stays
	}
	m.phase = replaced
}

// passOn tells the new master, which has just told us that it lives, what has been wished of this one meanwhile.
func (m *master) passOn(pid int) {
	for _, wish := range []struct {
		signal unix.Signal
		made   bool
	}{
		{unix.SIGTERM, m.phase == stopping},
		{unix.SIGUSR1, m.phase == draining},
		{unix.SIGUSR2, m.renewal.again},
		{unix.SIGTTOU, m.pause.reasons&byOperator != 0},
	} {
		if wish.made {
			_ = unix.Kill(pid, wish.signal) // it fails only when the new master has ended already
		}
	}
}

// forward passes on what comes for this master while it leaves, until the end of the process: who has sent a signal may not have known
// yet that there is another master, and the last lines may take a while to be written.
func forward(inbox *signals.Inbox, pid int) {
	for range inbox.Ready {
		for _, a := range inbox.Take() {
			_ = unix.Kill(pid, a.Signal.(unix.Signal)) // it fails only when the new master has ended already
		}
	}
}

// mayBeTold says that a child which has left in order may have been told to by the new master, so that its end is to be
// seen only if there is none.
func (m *master) mayBeTold(e childEvent) bool {
	if !m.renewal.running || e.message != nil || e.ended != endedWell {
		return false
	}
	m.renewal.ends = append(m.renewal.ends, e)
	return true
}

// renewalFailed goes on with this generation. Nothing of it has been touched.
func (m *master) renewalFailed(why error) {
	m.renewal.running = false
	for _, e := range m.renewal.ends {
		m.onChild(e)
	}
	m.renewal.ends = nil
	if m.phase != running {
		return // the upgrade was stopped with the instance
	}
	m.renewal.reason = fmt.Sprintf("generation %d: %v", m.number+1, why)
	m.memory.count().FailedUpgrades.Add(1)
	m.log.Error("the next generation did not come up: this one goes on", "generation", m.number, "reason", why)
	m.notifier.ready("upgrade failed: " + why.Error())
	m.afterRenewal()
}

// afterRenewal does what was asked for while a generation came up.
func (m *master) afterRenewal() {
	m.releaseLate()
	if m.renewal.again {
		m.renewal.again = false
		m.renew(unix.SIGUSR2)
	}
}

// settleTime bounds how long a master that has been replaced waits for the service manager.
const settleTime = time.Second

// becomeMaster takes over from the old master, if there is one, when all workers are ready: from here on there is no way
// back.
func (m *master) becomeMaster() {
	if err := m.upgrader.commit(); err != nil {
		// The old master has died in this very moment. Everything that it had is ours.
		m.log.Warn("the old master does not hear that we have taken over", "error", err)
	}
	for _, l := range m.sockets() {
		if err := l.own(); err != nil {
			m.log.Error("cannot listen on all sockets of an address", "address", l.key, "error", err)
		}
	}
}

// clearInheritedSockets removes what is left in the file system of addresses that our configuration does not have.
func (m *master) clearInheritedSockets() {
	if m.inheritedSockets == nil {
		return
	}
	for address, l := range m.inheritedSockets.listeners {
		m.log.Info("no longer listening", "address", address)
		if l.Path != "" && l.Inode != 0 && inode(l.Path) == l.Inode {
			unix.Unlink(l.Path)
		}
	}
	m.inheritedSockets = nil
}
