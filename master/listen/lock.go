package listen

import (
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// lockTime bounds how long we wait for others who start now. Whoever may read a directory can hold its lock for ever: then we
// go on without, and only instances that start at the very same moment may come into each other's way.
const lockTime = time.Second

// LockDir keeps other instances, which start at the same time, from looking whether a file in the same directory as path is
// anybody's while we do, and from replacing it. The lock is on the directory, since the files come and go.
func LockDir(path string) (unlock func()) {
	fd, err := unix.Open(filepath.Dir(path), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return func() {} // what is done there fails and says why
	}
	deadline, step := time.NewTimer(lockTime), time.NewTicker(time.Millisecond)
	defer deadline.Stop()
	defer step.Stop()
	for unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) == unix.EWOULDBLOCK {
		select {
		case <-step.C:
			continue
		case <-deadline.C:
		}
		break
	}
	return func() { unix.Close(fd) }
}
