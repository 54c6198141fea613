package child

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"lbmaster/shared/privileges"
)

// Confines are what a child cannot leave.
type Confines struct {
	Identity privileges.Identity
	CPUs     *unix.CPUSet // nil: whichever the master may use
}

// impose puts the calling thread, and what it starts with attr, into them.
func (l *Confines) impose(attr *syscall.SysProcAttr) error {
	if l.CPUs != nil {
		if err := unix.SchedSetaffinity(0, l.CPUs); err != nil {
			return os.NewSyscallError("sched_setaffinity", err)
		}
	}
	return l.Identity.GiveUp(attr)
}

// begin starts a child in a thread that has given up what no child needs, and that ends afterwards. A child that is to be
// locked up has a chrootThread: the caller tells it to lock up or to leave.
func begin(cmd *exec.Cmd, limits Confines) (*chrootThread, error) {
	done := make(chan begun, 1)
	go func() {
		runtime.LockOSThread()              // for ever: with this goroutine the thread ends
		if unix.Gettid() == unix.Getpid() { // except the first one of the process
			t, err := begin(cmd, limits) // which waits, so that it is not this one again
			done <- begun{t, err}
			runtime.UnlockOSThread()
			return
		}
		err := limits.impose(cmd.SysProcAttr)
		if err == nil {
			err = cmd.Start()
		}
		if err != nil || limits.Identity.Chroot == "" {
			done <- begun{nil, err}
			return
		}
		t := &chrootThread{orders: make(chan bool), done: make(chan error)}
		done <- begun{t, nil}
		t.watch(limits.Identity)
	}()
	b := <-done
	return b.thread, b.err
}

// begun is what has become of a child.
type begun struct {
	thread *chrootThread
	err    error
}

// chrootThread is a thread that has its root directory in common with a child which it has started. The thread may change the directory;
// the child may not.
type chrootThread struct {
	orders chan bool
	done   chan error
}

// watch waits for what is to be done, in the thread.
func (t *chrootThread) watch(identity privileges.Identity) {
	if lockUp := <-t.orders; lockUp {
		t.done <- identity.LockUp()
	}
}

// lockUp locks the child up, and ends the thread.
func (t *chrootThread) lockUp() error {
	t.orders <- true
	return <-t.done
}

// leave ends the thread of a child that has ended before.
func (t *chrootThread) leave() { close(t.orders) }

// KeepFromChildren makes every descriptor that somebody has left open here end with this program. Those for a child are
// given to it one by one.
func KeepFromChildren() {
	// On a kernel that cannot do it (before 5.11) children may inherit what the master has inherited.
	_ = unix.CloseRange(3, 1<<31-1, unix.CLOSE_RANGE_CLOEXEC)
}
