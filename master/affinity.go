package master

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// spawn starts the child of a slot.
func (m *master) spawn(slot int) (*child, error) {
	cpus, err := m.cpus(slot)
	if err != nil {
		return nil, err
	}
	c, err := spawn(m.number, slot, confines{m.identity, cpus}, &m.env, m.events)
	if err != nil {
		return nil, err
	}
	c.log = m.log
	return c, nil
}

// cpus are the CPUs of the child of a slot; nil: whichever this process may use. Workers have one each, in the order of their
// slots, of those that the service manager or a cpuset leaves us: they change, so that each child asks anew.
func (m *master) cpus(slot int) (*unix.CPUSet, error) {
	if !m.config.Global.CPUAffinity || slot == monitorIndex {
		return nil, nil
	}
	var allowed unix.CPUSet
	// Of the first thread: no other is sure to have what the process has been given.
	if err := unix.SchedGetaffinity(unix.Getpid(), &allowed); err != nil {
		return nil, fmt.Errorf("global.cpu_affinity: cannot find out which CPUs there are: %w", err)
	}
	return oneOf(&allowed, slot), nil
}

// oneOf is the n-th CPU of a set, counted round and round.
func oneOf(set *unix.CPUSet, n int) *unix.CPUSet {
	n %= set.Count()
	one := &unix.CPUSet{}
	for cpu := 0; ; cpu++ {
		if !set.IsSet(cpu) {
			continue
		}
		if n == 0 {
			one.Set(cpu)
			return one
		}
		n--
	}
}
