package master

import (
	"fmt"
	"slices"

	"lbmaster/master/listen"
	"lbmaster/shared/control"
)

// adminMode lets only the user who has started lbmaster speak to the admin socket.
const adminMode = 0o600

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
	if a.Socket != "" {
		add(control.AdminSocket, "unix:"+a.Socket, func() (*listen.Listener, error) { return o.OpenUnix(a.Socket, adminMode, m.rights().mayTakeAdmin) })
	}
	if a.Listen.IsValid() {
		add(control.AdminListen, a.Listen.String(), func() (*listen.Listener, error) { return o.OpenTCP(a.Listen, false) })
	}
	return listen.Settled(all, failures)
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
