package master

import (
	"slices"

	"lbmaster/master/child"

	"golang.org/x/sys/unix"
)

// dumpAll makes every process write what it is doing to standard error. A signal reaches a child that would not read
// its messages; one that is not ready may not know the signal yet, and would die of it.
func (m *master) dumpAll() {
	m.sys.dump()
	children := m.slots
	if m.monitor != nil {
		children = append(slices.Clone(children), m.monitor)
	}
	for _, s := range children {
		if s.state == ready || s.state == active {
			s.child.Signal(unix.SIGQUIT)
		}
	}
	m.old.each(func(c *child.Child) { c.Signal(unix.SIGQUIT) })
}
