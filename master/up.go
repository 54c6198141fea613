package master

import (
	"os"

	"lbmaster/shared/counter"
)

// goUp lets an instance serve that has never served before: all its workers are ready.
func (m *master) goUp() {
	if err := m.claim(); err != nil {
		m.stop(err)
		return
	}
	if err := m.sys.pidfile(); err != nil {
		m.stop(err)
		return
	}
	m.becomeMaster()
	m.grantAdmin()
	m.phase = running
	m.showToOlder()
	for _, s := range m.slots {
		m.activate(s)
	}
	if len(m.incoming.generations) > 0 {
		m.memory.count()[counter.Upgrades].Add(1)
	}
	m.adopt(m.sys.now())
	m.clearInheritedSockets()
	m.announce()
	m.replaced.dismiss()
	if !m.incoming.Succeeds() {
		m.sys.orphans()
	}
	for _, l := range m.sockets() {
		m.sys.sockets.forget(l)
	}
	m.notifier.Ready(m.health())
	if m.env.Up != nil {
		if err := m.env.Up(); err != nil {
			m.stop(err)
			return
		}
	}
	m.afterRenewal()
}

// announce says what listens where.
func (m *master) announce() {
	for _, l := range m.listeners {
		f := &m.config.Frontends[l.Shard.Frontend]
		m.log.Info("listening", "address", l.Key, "section", f.Section)
	}
	m.announceAdmin()
	m.log.Info("ready", "pid", os.Getpid(), "workers", len(m.slots))
}

// onReady goes on with a worker that has everything. At the first start all wait for each other, so that an instance that
// does not come up has served nobody.
func (m *master) onReady(s *slot) {
	if s.state != starting || !m.lockUp(s.child) {
		return
	}
	s.become(ready, m.sys.now())
	switch m.phase {
	case running:
		m.activate(s)
	case comingUp:
		if m.allReady() {
			m.goUp()
		}
	}
}

func (m *master) allReady() bool {
	for _, s := range m.slots {
		if s.state != ready {
			return false
		}
	}
	return true
}
