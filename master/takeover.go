package master

import (
	"errors"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/master/procfs"
)

// An instance whose master has died serves until another one takes over. This is the other one's part: when it serves, the
// orphans which listen where it does are told to finish.

// dismissOrphans sends a soft stop to the children of a dead master which listen on an address of ours.
func (m *master) dismissOrphans() {
	for _, pid := range orphansOf(m.foreignSockets()) {
		if err := softStop(pid); err != nil && !errors.Is(err, unix.ESRCH) {
			m.log.Warn("cannot tell a process of an instance whose master has died to finish", "pid", pid, "error", err)
			continue
		}
		m.log.Info("took over from a process whose master has died", "pid", pid)
	}
}

// foreignSockets are the sockets beside ours that listen on our addresses, as /proc/PID/fd shows them. The kernel's tables are read once:
// that takes some milliseconds for a thousand sockets.
func (m *master) foreignSockets() map[string]bool {
	ports, paths, own := make(map[uint16][]netip.AddrPort), []string(nil), make(map[string]bool)
	for _, l := range m.sockets() {
		if l.Path != "" {
			paths = append(paths, l.Path)
		} else if ap, ok := l.Address(); ok {
			ports[ap.Port()] = append(ports[ap.Port()], ap)
		}
		for _, fd := range l.FDs {
			own[procfs.SocketName(fd)] = true
		}
	}
	all := make(map[string]bool)
	procfs.EachTCP(func(at netip.AddrPort, socket string) {
		if slices.ContainsFunc(ports[at.Port()], func(ap netip.AddrPort) bool { return conf.Relate(at, ap) != conf.Apart }) {
			all[socket] = true
		}
	})
	procfs.EachUnix(func(at, socket string) {
		if slices.ContainsFunc(paths, func(path string) bool { return procfs.BoundFor(at, path) }) {
			all[socket] = true
		}
	})
	maps.DeleteFunc(all, func(socket string, _ bool) bool { return own[socket] })
	return all
}

// orphansOf are the processes that hold these sockets and whose master is dead: a living one would hold them too.
func orphansOf(sockets map[string]bool) []int {
	if len(sockets) == 0 {
		return nil
	}
	by := procfs.Holders(sockets)
	mastered := make(map[string]bool)
	for dir, held := range by {
		if !procfs.IsChild(dir) {
			maps.Copy(mastered, held)
		}
	}
	var all []int
	for dir, held := range by {
		for socket := range held {
			if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil && !mastered[socket] {
				all = append(all, pid)
				break
			}
		}
	}
	return all
}

// softStop sends SIGUSR1 to a child of a dead master, and to no other process that has got its id meanwhile.
func softStop(pid int) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if !procfs.IsChild(procfs.Dir(pid)) {
		return unix.ESRCH
	}
	return unix.PidfdSendSignal(fd, unix.SIGUSR1, nil, 0)
}
