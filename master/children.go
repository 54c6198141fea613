package master

import (
	"time"

	"lbmaster/master/child"
)

// eachChild is every child of every generation.
func (m *master) eachChild(do func(*child.Child)) {
	for _, s := range m.slots {
		if s.child != nil {
			do(s.child)
		}
	}
	if m.monitor != nil && m.monitor.child != nil {
		do(m.monitor.child)
	}
	m.eachOld(do)
	for _, g := range m.incoming.generations {
		for _, c := range g.children {
			do(c)
		}
	}
}

// flush sends what waits for any child, and says whether some still does.
func (m *master) flush(now time.Time) (waits bool) {
	m.eachChild(func(c *child.Child) {
		c.Flush(now)
		waits = waits || c.Waits()
	})
	return waits
}
