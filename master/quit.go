package master

import (
	"golang.org/x/sys/unix"

	"lbmaster/shared/dump"
)

// dumpAll makes every process write what it is doing to standard error. A signal reaches a child that would not read
// its messages; one that is not ready may not know the signal yet, and would die of it.
func (m *master) dumpAll() {
	dump.Write(m.env.Stderr, "lbmaster: master")
	for _, s := range m.slots {
		if s.state == ready || s.state == active {
			_ = s.child.process.Signal(unix.SIGQUIT) // it fails only when the child has ended already
		}
	}
}
