package worker

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/worker/sock"
)

// limitFiles makes n the limit of open files of this process, if the configuration names one. The master has raised the
// hard limit as far as it may: what is above that is not asked for, and the master has said so.
func limitFiles(n int) error {
	if n == 0 {
		return nil
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot read the limit of open files: %w", err)
	}
	limit.Cur = min(uint64(n), limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot set the limit of open files to %d: %w", limit.Cur, err)
	}
	return nil
}

// filesOfOne is how many descriptors one connection may take: its own, that to a server, and a pipe, in which a large body
// passes.
const filesOfOne = 4

// ownFiles is how many descriptors the master may send at a time besides shards and log sockets: those by which an upgrade is
// made, and of a profile.
const ownFiles = 4

// setAside keeps descriptors for what the master sends: the shards of a sibling, or other log sockets. This process has
// everything else that it needs: with them, there must be room for a connection. Without that, it would take its share of the clients
// and serve none.
func (w *worker) setAside(shards, targets int) error {
	n := ownFiles + max(min(shards, control.MaxLent), targets)
	if !w.proxy.SetAside(n) {
		return noRoom()
	}
	one := sock.NewReserve(filesOfOne)
	defer one.Empty()
	if !one.Fill() {
		return noRoom()
	}
	return nil
}

// freeFiles is how many descriptors this process can still open. It opens no more than one to find out: the numbers have no gaps
// that matter.
func freeFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	next, err := unix.Eventfd(0, unix.EFD_CLOEXEC) // any file will do
	if err != nil {
		return 0
	}
	unix.Close(next)
	return int(min(limit.Cur, 1<<30)) - next
}

func noRoom() error {
	return fmt.Errorf("the limit of open files leaves no room for a connection: %w: raise global.ulimit_n, or the hard limit "+
		"(LimitNOFILE= in a systemd unit, ulimit -Hn in a shell)", unix.EMFILE)
}
