package master

import "lbmaster/master/listen"

// openFirst gets the listening sockets of a first generation: those that it was started with, and new ones.
func (m *master) openFirst(workers int) error {
	given, err := listen.TakeGiven(m.config, m.env.Environ, listen.FirstGiven)
	if err != nil {
		return err
	}
	m.listeners, err = m.replaced.listen(func() ([]*listen.Listener, error) { return listen.All(m.config, workers, given, m.replaced.mayTake) })
	for _, name := range given.Drop() {
		m.log.Warn("closed a socket that this process was started with: no bind names it", "socket", name)
	}
	if err != nil {
		return err
	}
	m.admin, err = m.replaced.listen(func() ([]*listen.Listener, error) { return m.listenAdmin(nil) })
	return err
}

// openNext takes the sockets of the generation before, and opens those that this one has besides.
func (m *master) openNext(workers int) (err error) {
	if m.listeners, err = listen.All(m.config, workers, m.incoming.sockets, nil); err != nil {
		return err
	}
	m.admin, err = m.listenAdmin(m.incoming.sockets)
	return err
}
