package master

import (
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"

	"lbmaster/shared/privileges"
)

// begin starts a child, on these CPUs if there are any, in a thread that has given up what no child needs, and that ends
// afterwards.
func begin(cmd *exec.Cmd, cpus *unix.CPUSet) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()              // for ever: with this goroutine the thread ends
		if unix.Gettid() == unix.Getpid() { // except the first one of the process
			done <- begin(cmd, cpus) // which waits, so that it is not this one again
			runtime.UnlockOSThread()
			return
		}
		err := privileges.GiveUp()
		if err == nil && cpus != nil {
			err = os.NewSyscallError("sched_setaffinity", unix.SchedSetaffinity(0, cpus))
		}
		if err == nil {
			err = cmd.Start()
		}
		done <- err
	}()
	return <-done
}

// keepFromChildren makes every descriptor that somebody has left open here end with this program. Those for a child are
// given to it one by one.
func keepFromChildren() {
	// On a kernel that cannot do it (before 5.11) children may inherit what the master has inherited.
	_ = unix.CloseRange(3, 1<<31-1, unix.CLOSE_RANGE_CLOEXEC)
}
