package master

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
)

const (
	// sparePipes is how many descriptors a worker may hold for pipes, in which large streams pass.
	sparePipes = 512
	// spareFiles is for everything else that a process holds: standard streams, control channel, memory, timers, logs.
	spareFiles = 100
	// filesOfChild is how many descriptors the master holds for a child: its control channel, its memory for faults, and its pidfd, of
	// which the Go runtime has one too; some more while it starts.
	filesOfChild = 5
)

// workerFiles is how many open files a process needs that holds so many sessions: each has a connection to its client and one
// to a server, and may have a pipe each way. A limit that the configuration names stands instead.
func workerFiles(c *conf.Config, sessions int) uint64 {
	if c.Global.UlimitN > 0 {
		return uint64(c.Global.UlimitN)
	}
	binds := 0
	for i := range c.Frontends {
		binds += len(c.Frontends[i].Binds)
	}
	return uint64(2*sessions + min(4*sessions, sparePipes) + binds + spareFiles)
}

// masterFiles is how many open files a master needs, in an upgrade: then it has three of each that it hands over. One is its own, one
// belongs to what tableflip has inherited, and one to what it hands on.
func masterFiles(c *conf.Config, workers int) uint64 {
	own := 2 // the sockets of the monitor
	for i := range c.Frontends {
		for _, b := range c.Frontends[i].Binds {
			if b.Network == "tcp" {
				own += workers // one for each
			} else {
				own++
			}
		}
	}
	own += filesOfChild * (workers + 1) * min(c.Global.MaxGenerations, usualGenerations)
	return uint64(3*own + spareFiles)
}

// usualGenerations is for how many generations that drain at the same time the master has descriptors, at least.
const usualGenerations = 4

// shortage is a limit of open files that is too low.
type shortage struct {
	text          string
	limit, needed uint64
}

// String is for people; the master's log has the numbers as attributes.
func (s shortage) String() string {
	return fmt.Sprintf("%s (the limit is %d, needed are %d)", s.text, s.limit, s.needed)
}

// shortages raises the limit of open files to what an instance needs, and says what is missing when that is not possible. A
// worker gets the hard limit of the master, and raises its own soft limit to it by itself, as every Go program does.
func shortages(c *conf.Config, workers int) []shortage {
	maxconn := c.Global.Maxconn
	all, share := workerFiles(c, maxconn), workerFiles(c, (maxconn+workers-1)/workers)
	upgrade := masterFiles(c, workers)
	limit, err := allowFiles(max(all, upgrade))
	if err != nil {
		return nil
	}
	var found []shortage
	const remedy = ": raise it (LimitNOFILE= in a systemd unit, ulimit -Hn in a shell) or "
	switch {
	case limit >= all:
	case c.Global.UlimitN > 0:
		found = append(found, shortage{"the hard limit of open files is below global.ulimit_n" + remedy + "lower the number", limit, all})
	case limit >= share:
		found = append(found, shortage{"the limit of open files is too low for one worker to hold all connections of global.maxconn, when the others die" +
			remedy + "lower the number", limit, all})
	default:
		found = append(found, shortage{"the limit of open files is too low for global.maxconn" + remedy + "lower the number", limit, all})
	}
	if limit < upgrade {
		found = append(found, shortage{"the limit of open files is too low for the master to be upgraded (USR2, HUP), with so many addresses and workers" +
			remedy + "listen on fewer ports", limit, upgrade})
	}
	return found
}

// Short says in lines which limits of this machine are too low for an instance of a configuration.
func Short(c *conf.Config) []string {
	var all []string
	for _, s := range shortages(c, workerCount(c)) {
		all = append(all, s.String())
	}
	return all
}

// raiseFiles sees to it that an instance has the open files that it needs, and warns when that is not possible.
func (m *master) raiseFiles(workers int) {
	for _, s := range shortages(m.config, workers) {
		m.log.Warn(s.text, "limit", s.limit, "needed", s.needed, "maxconn", m.config.Global.Maxconn, "workers", workers)
	}
}

// allowFiles raises the hard limit of open files to n, if it is lower and we may. It returns what it is then.
func allowFiles(n uint64) (hard uint64, err error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	if limit.Max >= n {
		return limit.Max, nil
	}
	// By way of package syscall, which then does not give our children the limit that we were started with.
	if err := syscall.Setrlimit(unix.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		return limit.Max, nil
	}
	return n, nil
}
