package master

// profile passes the monitor's wish for a profile on to the worker that it is about. One that is not there writes nothing: the
// monitor sees the end of its pipe.
func (m *master) profile(e childEvent) {
	i := e.message.Slot
	if !m.config.Admin.Pprof || i < 0 || i >= len(m.slots) {
		return
	}
	if s := m.slots[i]; s.state == active {
		m.log.Info("a worker is profiled", "worker", i, "seconds", e.message.Seconds, "profile", e.message.Profile)
		s.child.say(*e.message, e.fds)
	}
}
