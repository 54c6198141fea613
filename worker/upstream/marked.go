package upstream

// EndsSessions says that sessions of one of the servers end when that is marked down.
func (b *Backend) EndsSessions() bool {
	for _, s := range b.Servers {
		if s.endsSessions {
			return true
		}
	}
	return false
}

// MarkedDown calls end for each server whose sessions are to end, since it has been marked down after the last call.
func (b *Backend) MarkedDown(end func(*Server)) {
	b.Refresh()
	for _, s := range b.Servers {
		was := s.wasUp
		s.wasUp = s.Up
		if was && !s.Up && s.endsSessions {
			end(s)
		}
	}
}
