package master

import (
	"fmt"
	"time"

	"lbmaster/master/child"
)

// health is what the service manager is told of an instance that runs.
func (m *master) health() string {
	switch {
	case m.pause.reasons&byBreaker != 0:
		return "every worker crashes: connections are refused until one lives"
	case m.pause.state != accepting:
		return "paused"
	case m.breaker.state != closed:
		return fmt.Sprintf("serving with one of %d workers: all have crashed", len(m.slots))
	}
	return fmt.Sprintf("serving with %d workers", len(m.slots))
}

// answering says that at least one worker is alive and has said so lately.
func (m *master) answering(now time.Time) bool {
	for _, s := range m.slots {
		if s.state == active && now.Sub(s.child.Heard) < child.HangTime {
			return true
		}
	}
	return false
}
