package master

import (
	"syscall"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
)

const (
	// sparePipes is how many descriptors a worker may hold for pipes, in which large streams pass.
	sparePipes = 512
	// spareFiles is for everything else that a process holds: standard streams, control channel, memory, timers, logs.
	spareFiles = 100
)

// filesFor is how many open files a process needs that holds so many sessions: each has a connection to its client and one
// to a server. A limit that the configuration names stands instead.
func filesFor(c *conf.Config, sessions int) uint64 {
	if c.Global.UlimitN > 0 {
		return uint64(c.Global.UlimitN)
	}
	binds := 0
	for i := range c.Frontends {
		binds += len(c.Frontends[i].Binds)
	}
	return uint64(2*sessions + min(sessions/2, sparePipes) + binds + spareFiles)
}

// raiseFiles sees to it that a worker may open as many files as maxconn needs, and warns when that is not possible. A
// worker gets the hard limit of the master, and raises its own soft limit to it by itself, as every Go program does.
func (m *master) raiseFiles(workers int) {
	maxconn := m.config.Global.Maxconn
	all, share := filesFor(m.config, maxconn), filesFor(m.config, (maxconn+workers-1)/workers)
	limit, err := allowFiles(all)
	if err != nil || limit >= all {
		return
	}
	text := "the limit of open files is too low for global.maxconn"
	switch {
	case m.config.Global.UlimitN > 0:
		text = "the hard limit of open files is below global.ulimit_n"
	case limit >= share:
		text = "the limit of open files is too low for one worker to hold all connections of global.maxconn, when the others die"
	}
	m.log.Warn(text+": raise it (LimitNOFILE= in a systemd unit, ulimit -Hn in a shell) or lower the number",
		"limit", limit, "needed", all, "maxconn", maxconn, "workers", workers)
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
