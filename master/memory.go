package master

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/shm"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
)

// memory is what all processes of the instance share.
type memory struct {
	config   int // sealed memory file with the snapshot of the configuration
	counters *stats.Stats
	board    *status.Board
	wake     int   // eventfd
	faults   []int // of each worker slot, its own
}

// share makes the memory for a configuration and that many workers. Servers that are on the board before begin with the
// states they have there; nil: there is none.
func share(c *conf.Config, workers int, before *status.Board) (m *memory, err error) {
	m = &memory{config: -1, wake: -1}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	if m.config, err = shm.Seal("lbmaster-config", c.Snapshot()); err != nil {
		return nil, err
	}
	if m.counters, err = stats.Create(rows(c), workers); err != nil {
		return nil, fmt.Errorf("cannot create the counters: %w", err)
	}
	names, states := servers(c)
	recall(states, names, checked(c), before)
	if m.board, err = status.Create(names, func(i int) status.State { return states[i] }); err != nil {
		return nil, fmt.Errorf("cannot create the server status board: %w", err)
	}
	remember(m.board, names, checked(c), before)
	if m.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, fmt.Errorf("cannot create an eventfd: %w", err)
	}
	if m.faults, err = newFaults(c, workers); err != nil {
		return nil, fmt.Errorf("cannot create the memory for faults: %w", err)
	}
	return m, nil
}

// count is what the master itself counts.
func (m *memory) count() *stats.Counters { return m.counters.Counters(m.counters.Master(), 0) }

// fds are the descriptors that go with control.Start.
func (m *memory) fds() []int {
	fds := make([]int, control.StartFDs)
	fds[control.StartConfig] = m.config
	fds[control.StartCounters] = m.counters.FD()
	fds[control.StartBoard] = m.board.FD()
	fds[control.StartWake] = m.wake
	return fds
}

// workerFDs are those of the worker of a slot.
func (m *memory) workerFDs(slot int) []int { return append(m.fds(), m.faults[slot]) }

// vacate forgets the connections of a dead worker, and tells the others that there may be room below maxconn.
func (m *memory) vacate(worker int) {
	m.counters.Vacate(worker)
	one := [8]byte{1}
	_, _ = unix.Write(m.wake, one[:]) // fails only when the counter is full, after 2^64-2 writes
}

func (m *memory) close() {
	var err error
	if m.counters != nil {
		err = errors.Join(err, m.counters.Close())
	}
	if m.board != nil {
		err = errors.Join(err, m.board.Close())
	}
	for _, fd := range []int{m.config, m.wake} {
		if fd >= 0 {
			err = errors.Join(err, unix.Close(fd))
		}
	}
	control.CloseAll(m.faults)
	_ = err // the process is leaving, or has a better error to report
}
