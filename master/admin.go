package master

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"lbmaster/conf"
	"lbmaster/shared/control"
)

// adminMode lets only the user who has started lbmaster speak to the admin socket.
const adminMode = 0o600

// listenAdmin opens the sockets of the runtime interfaces. The monitor could not: it may have no right to. Sockets that are
// the generation before has are claimed; nil: there was none.
func listenAdmin(a *conf.Admin, before owner) (all []*listener, err error) {
	var failures []error
	add := func(bind int, address string, open func() (*listener, error)) {
		var l *listener
		var err error
		if before != nil {
			l, err = before.claim(adminKey + address)
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
		add(control.AdminSocket, "unix:"+a.Socket, func() (*listener, error) { return takePath(a.Socket) })
	}
	if a.Listen.IsValid() {
		add(control.AdminListen, a.Listen.String(), func() (*listener, error) { return openTCP(a.Listen, 1) })
	}
	if err := errors.Join(failures...); err != nil {
		closeListeners(all)
		return nil, err
	}
	return all, nil
}

// adminKey begins the keys of these sockets, which no bind of a frontend must get.
const adminKey = "admin "

// takePath opens the admin socket in the place of one that may be in use: that of an instance which this one replaces, since
// their ports are ours already. It goes on serving whom it has, and leaves the path alone when it ends.
func takePath(path string) (*listener, error) {
	mine := path + ".new"
	if err := os.Remove(mine); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := openUnix(mine, adminMode)
	if err != nil {
		return nil, err
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket == 0 {
		l.close()
		return nil, errors.New("the path exists and is not a socket: remove it or choose another")
	}
	if err := os.Rename(mine, path); err != nil {
		l.close()
		return nil, err
	}
	l.path = path
	return l, nil
}

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
