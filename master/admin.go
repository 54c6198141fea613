package master

import (
	"fmt"
	"slices"

	"lbmaster/shared/control"
)

// adminMode lets only the user who has started lbmaster speak to the admin socket.
const adminMode = 0o600

// listenAdmin opens the sockets of the runtime interfaces. The monitor could not: it may have no right to. Sockets that are
// the generation before has are claimed; nil: there was none.
func (m *master) listenAdmin(before owner) (all []*listener, err error) {
	var failures []error
	a := &m.config.Admin
	o := newOpening(1, before, m.replaced)
	for _, l := range m.listeners {
		o.has(l)
	}
	add := func(bind int, address string, open func() (*listener, error)) {
		var l *listener
		var err error
		if before != nil {
			l, err = before.take(adminKey + address)
		}
		if l == nil && err == nil {
			l, err = open()
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("cannot bind %s for admin: %w", address, hint(err)))
			return
		}
		l.key, l.shard = adminKey+address, control.Shard{Frontend: control.AdminFrontend, Bind: bind}
		all = append(all, l)
	}
	if a.Socket != "" {
		add(control.AdminSocket, "unix:"+a.Socket, func() (*listener, error) { return o.openUnix(a.Socket, adminMode, m.rights().mayTakeAdmin) })
	}
	if a.Listen.IsValid() {
		add(control.AdminListen, a.Listen.String(), func() (*listener, error) { return o.openTCP(a.Listen, false) })
	}
	return settled(all, failures)
}

// adminKey begins the keys of these sockets, which no bind of a frontend must get.
const adminKey = "admin "

// rights decides what this instance may take.
func (m *master) rights() *rights { return &rights{m.config.Admin.Socket, m.replaced} }

// sockets are all that the master listens on: those of the frontends and those of the monitor.
func (m *master) sockets() []*listener { return slices.Concat(m.listeners, m.admin) }

// announceAdmin says where the runtime interfaces are.
func (m *master) announceAdmin() {
	if a := &m.config.Admin; a.Socket != "" {
		m.log.Info("listening", "address", "unix:"+a.Socket, "section", "admin")
	}
	if a := &m.config.Admin; a.Listen.IsValid() {
		m.log.Info("listening", "address", a.Listen.String(), "section", "admin")
	}
}
