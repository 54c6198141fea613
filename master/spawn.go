package master

import (
	"fmt"

	"golang.org/x/sys/unix"

	"lbmaster/master/child"
	"lbmaster/master/procfs"
)

// WorkerArg is the hidden first argument that makes the program a worker.
const WorkerArg = "worker"

// role is what the child of a slot is, and how it is called in lists of processes.
func role(slot int) (arg, title string) {
	if slot == monitorIndex {
		return MonitorArg, "monitor"
	}
	return WorkerArg, fmt.Sprintf("worker %d", slot)
}

// nameOf is the name of the child of a slot.
func nameOf(generation, slot int) child.Name {
	_, title := role(slot)
	return child.Name{Generation: generation, Slot: slot, Title: title}
}

// spawn starts the child of a slot.
func (m *master) spawn(slot int) (*child.Child, error) {
	cpus, err := m.cpus(slot)
	if err != nil {
		return nil, err
	}
	arg, title := role(slot)
	return child.Start(child.Order{
		Name:     nameOf(m.number, slot),
		Args:     []string{procfs.ChildTitle + title, arg},
		Environ:  m.env.Environ,
		Stdout:   m.env.Stdout,
		Stderr:   m.env.Stderr,
		Confines: child.Confines{Identity: m.identity, CPUs: cpus},
	}, m.events, m.log)
}

// cpus are the CPUs of the child of a slot; nil: whichever this process may use. Workers have one each, in the order of their slots.
func (m *master) cpus(slot int) (*unix.CPUSet, error) {
	if !m.config.Global.CPUAffinity || slot == monitorIndex {
		return nil, nil
	}
	one, err := child.CPU(slot)
	if err != nil {
		return nil, fmt.Errorf("global.cpu_affinity: cannot find out which CPUs there are: %w", err)
	}
	return one, nil
}
