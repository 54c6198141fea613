package master

import (
	"errors"
	"fmt"

	"lbmaster/conf"
	"lbmaster/shared/control"
)

// adminMode lets only the user who has started lbmaster speak to the admin socket.
const adminMode = 0o600

// listenAdmin opens the sockets of the runtime interfaces. The monitor could not: it may have no right to.
func listenAdmin(a *conf.Admin) ([]*listener, error) {
	var all []*listener
	add := func(l *listener, err error, bind int, address string) error {
		if err != nil {
			return fmt.Errorf("cannot bind %s for admin: %w", address, hint(err))
		}
		l.shard = control.Shard{Frontend: control.AdminFrontend, Bind: bind}
		all = append(all, l)
		return nil
	}
	var failures []error
	if a.Socket != "" {
		l, err := openUnix(a.Socket, adminMode)
		failures = append(failures, add(l, err, control.AdminSocket, "unix:"+a.Socket))
	}
	if a.Listen.IsValid() {
		l, err := openTCP(a.Listen, 1)
		failures = append(failures, add(l, err, control.AdminListen, a.Listen.String()))
	}
	if err := errors.Join(failures...); err != nil {
		closeListeners(all)
		return nil, err
	}
	return all, nil
}

// announceAdmin says where the runtime interfaces are.
func (m *master) announceAdmin() {
	if a := &m.config.Admin; a.Socket != "" {
		m.log.Info("listening", "address", "unix:"+a.Socket, "section", "admin")
	}
	if a := &m.config.Admin; a.Listen.IsValid() {
		m.log.Info("listening", "address", a.Listen.String(), "section", "admin")
	}
}
