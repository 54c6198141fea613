// Package threads sees to it that a process has the threads that it may ever need. The Go runtime starts a thread when all that
// it has wait in the kernel, and ends the process when the kernel refuses (a pids cgroup, systemd's TasksMax=, RLIMIT_NPROC): so they
// are there from the start. The runtime keeps threads that have nothing to do.
package threads

import (
	"errors"
	"runtime"
	"sync"
	"syscall"
)

// Reserve makes the process have at least n threads that can run goroutines, and have nothing to do.
func Reserve(n int) {
	var held, left sync.WaitGroup
	release := make(chan struct{})
	held.Add(n + margin)
	for range n + margin {
		left.Go(func() {
			runtime.LockOSThread() // each takes one that no other has
			defer runtime.UnlockOSThread()
			held.Done()
			<-release
		})
	}
	held.Wait()
	close(release)
	left.Wait()
}

// margin is for threads that are not free yet when Reserve returns.
const margin = 4

// ErrNoRoom means that the kernel lets this process start no other, nor a thread, at the moment.
var ErrNoRoom = errors.New("the kernel allows no further task: raise TasksMax= of the service, pids.max of the cgroup, or RLIMIT_NPROC (ulimit -u)")

// Room returns ErrNoRoom when there is none for a process or thread. It tries: the limits are too many to be read.
func Room() error {
	// A process is made before its program is looked for.
	pid, err := syscall.ForkExec("", nil, nil)
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return ErrNoRoom
	case err == nil: // no kernel executes nothing
		_, _ = syscall.Wait4(pid, nil, 0, nil)
	}
	return nil
}
