package master

import "lbmaster/master/child"

// profile passes the monitor's wish for a profile on to the worker that it is about. One that is not there writes nothing: the
// monitor sees the end of its pipe.
func (m *master) profile(e child.Event) {
	i := e.Message.Slot
	if !m.config.Admin.Pprof || i < 0 || i >= len(m.slots) {
		return
	}
	if s := m.slots[i]; s.state == active {
		m.log.Info("a worker is profiled", "worker", i, "seconds", e.Message.Seconds, "profile", e.Message.Profile)
		s.child.Say(*e.Message, e.FDs)
	}
}
