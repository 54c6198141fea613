package monitor

import (
	"lbmaster/shared/status"
)

// link tells servers which ones they track, and those who tracks them. The configuration has been checked: nobody comes back to himself.
func (m *monitor) link() {
	byName := make(map[string]*target)
	for _, b := range m.backends {
		for _, t := range b.targets {
			byName[b.name+"/"+t.conf.Name] = t
		}
	}
	for _, b := range m.backends {
		for _, t := range b.targets {
			if t.conf.Track != "" {
				t.tracks = byName[t.conf.Track]
				t.tracks.followers = append(t.tracks.followers, t)
			}
		}
	}
}

// via is how a line about a server says that it follows another one.
func (t *target) via() string { return " via " + t.conf.Track }

// under is a state as the server that is tracked, if one is, lets it be.
func (m *monitor) under(t *target, s status.State) status.State {
	if t.tracks == nil {
		return s
	}
	led := m.board.Load(t.tracks.slot)
	s.Op = led.Op
	return s.Under(s.Wanted(), led.Admin)
}

// lead makes the servers that track one follow it: the last that was written first, as HAProxy does.
func (m *monitor) lead(t *target, now int64) {
	for i := len(t.followers) - 1; i >= 0; i-- {
		m.follow(t.followers[i], now)
	}
}

// follow makes a server what the one is that it tracks.
func (m *monitor) follow(t *target, now int64) {
	before := m.board.Load(t.slot)
	next := m.under(t, before)
	switch {
	case next.Admin != before.Admin:
		m.change(t, next, now)
		m.tell(adminNotices(t, before, next, m.view(t)))
	case next.Op != before.Op && next.Admin == status.Maint: // nobody sees it
		m.board.Store(t.slot, next, m.board.Changed(t.slot))
	case next.Op != before.Op:
		m.change(t, next, now)
		m.tell(opNotices(t, before, next, t.via(), m.view(t)))
	case next != before:
		m.board.Store(t.slot, next, m.board.Changed(t.slot))
	}
	m.reckon(t.back, now)
	m.lead(t, now)
}

// restoreFollowers makes servers that track others what those are, when a monitor begins: the configuration may be another one.
func (m *monitor) restoreFollowers(t *target) {
	for _, f := range t.followers {
		if before := m.board.Load(f.slot); m.under(f, before) != before {
			m.board.Store(f.slot, m.under(f, before), m.board.Changed(f.slot))
		}
		m.restoreFollowers(f)
	}
}
