package master

import (
	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/master/child"
	"lbmaster/shared/control"
	"lbmaster/shared/syslog"
)

// openLogs opens the log targets that are sockets, for one child: it may be locked up where their paths are not. One that
// cannot be opened takes nothing until the child asks for another.
func (m *master) openLogs() []int {
	var fds []int
	for _, t := range m.config.LogTargets() {
		if t.Socket() {
			fds = append(fds, m.openLog(t))
		}
	}
	return fds
}

func (m *master) openLog(t conf.LogTarget) int {
	fd, err := syslog.Dial(syslog.Target{Network: t.Target, Address: t.Address})
	if err == nil {
		delete(m.deafLogs, t)
		return fd
	}
	if !m.deafLogs[t] {
		m.log.Warn("cannot open a log target: its lines are lost until it is there", "target", t.Address, "error", err)
		m.deafLogs[t] = true
	}
	fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		m.log.Error("cannot make a socket", "error", err)
	}
	return fd
}

// reopenLogs gives a child new sockets for its log targets.
func (m *master) reopenLogs(c *child.Child) {
	fds := m.openLogs()
	c.Say(control.Message{Kind: control.Logs}, fds)
	control.CloseAll(fds)
}
