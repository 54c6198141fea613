package master

import (
	"cmp"
	"fmt"
	"os"
	"slices"

	"lbmaster/conf"
	"lbmaster/master/identity"
	"lbmaster/master/listen"
	"lbmaster/shared/control"
)

// listenAdmin opens the sockets of the runtime interfaces. The monitor could not: it may have no right to. Sockets that are
// the generation before has are claimed; nil: there was none.
func (m *master) listenAdmin(before listen.Owner) (all []*listen.Listener, err error) {
	var failures []error
	a := &m.config.Admin
	o := listen.NewOpening(1, before, m.replaced.mayTake)
	for _, l := range m.listeners {
		o.Add(l)
	}
	add := func(bind int, address string, open func() (*listen.Listener, error)) {
		var l *listen.Listener
		var err error
		if before != nil {
			l, err = before.Take(adminKey + address)
		}
		if l == nil && err == nil {
			l, err = open()
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("cannot bind %s for admin: %w", address, listen.Hint(err)))
			return
		}
		l.Key, l.Shard = adminKey+address, control.Shard{Frontend: control.AdminFrontend, Bind: bind}
		all = append(all, l)
	}
	access, err := accessOf(a)
	if err != nil {
		return nil, err
	}
	if a.Socket != "" {
		add(control.AdminSocket, "unix:"+a.Socket, func() (*listen.Listener, error) { return o.OpenUnix(a.Socket, access, m.rights().mayTakeAdmin) })
	}
	if a.Listen.IsValid() {
		add(control.AdminListen, a.Listen.String(), func() (*listen.Listener, error) { return o.OpenTCP(a.Listen, false) })
	}
	return listen.Settled(all, failures)
}

// accessOf is who may use the admin socket.
func accessOf(a *conf.Admin) (listen.Access, error) {
	user, group, err := identity.OfSocket(a)
	return listen.Access{Mode: os.FileMode(cmp.Or(a.Mode, 0o600)), User: user, Group: group}, err
}

// grantAdmin lets those use an admin socket that the old master has left who may now.
func (m *master) grantAdmin() {
	access, err := accessOf(&m.config.Admin)
	for _, l := range m.admin {
		if l.Path != "" && err == nil {
			_, err = access.Grant(l.Path, l.Inode)
		}
	}
	if err != nil {
		m.log.Error("the admin socket is for others than it should be", "error", err)
	}
}

// adminKey begins the keys of these sockets, which no bind of a frontend must get.
const adminKey = "admin "

// rights decides what this instance may take.
func (m *master) rights() *rights { return &rights{m.config.Admin.Socket, m.replaced} }

// sockets are all that the master listens on: those of the frontends and those of the monitor.
func (m *master) sockets() []*listen.Listener { return slices.Concat(m.listeners, m.admin) }

// announceAdmin says where the runtime interfaces are.
func (m *master) announceAdmin() {
	if a := &m.config.Admin; a.Socket != "" {
		m.log.Info("listening", "address", "unix:"+a.Socket, "section", "admin")
	}
	if a := &m.config.Admin; a.Listen.IsValid() {
		m.log.Info("listening", "address", a.Listen.String(), "section", "admin")
	}
}
