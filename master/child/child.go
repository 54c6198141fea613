// Package child is what a master does with one process that it has started, or has adopted from the master before: it starts the
// process inside its limits, sends it messages without waiting, hears what it says and how it ends, and ends it. Which child is to run,
// and what a child is told, is the master's.
package child

import (
	"log/slog"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
)

// Child is a process that the master has started or adopted. Its goroutines tell the reconciler what happens to it; everything else
// belongs to the reconciler.
type Child struct {
	Name
	Pid       int
	Pidfd     int       // names the process for as long as we hold it, whoever gets its pid later
	ControlFD int       // of the control channel
	Heard     time.Time // when the child last said anything
	Aborted   bool      // it has been told to die with a dump, because it hung
	Reason    string    // why it leaves, in its own words, or why it is killed; "": nobody has said

	channel      Channel
	kernel       *Kernel
	log          *slog.Logger
	chrootThread *chrootThread // by which the child is to be locked up; nil: it is, or is not to be
	givenUp      bool          // it has been killed, and is told nothing any more
	outbox       []pending     // what it had no room for yet
}

// Name is which of the children of an instance it is.
type Name struct {
	Generation int
	Slot       int
	Title      string // in messages and in lists of processes
}

// New is a child that runs. The caller says which process it is.
func New(name Name, channel Channel, kernel *Kernel, log *slog.Logger) *Child {
	return &Child{Name: name, Pidfd: -1, ControlFD: -1, channel: channel, kernel: kernel, log: log}
}

// Channel is a control channel; control.Conn is one.
type Channel interface {
	TrySend(m control.Message, fds []int) error
	Recv(deadline time.Time) (control.Message, []int, error)
	Finish()
	Close() error
}

// Kernel is what else is done for a child, as functions. A test has others.
type Kernel struct {
	Now    func() time.Time
	Signal func(pidfd int, s unix.Signal) error
	Copy   func(fd int) (int, error)
	Close  func(fds []int)
}

// RealKernel is the kernel's.
var RealKernel = Kernel{
	Now:    time.Now,
	Signal: func(pidfd int, s unix.Signal) error { return unix.PidfdSendSignal(pidfd, s, nil, 0) },
	Copy:   func(fd int) (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) },
	Close:  control.CloseAll,
}

// Kill ends the child now.
func (c *Child) Kill() { c.Signal(unix.SIGKILL) }

// Signal fails only when the child has ended already.
func (c *Child) Signal(s unix.Signal) { _ = c.kernel.Signal(c.Pidfd, s) }

// End is how a child has ended, with the reason if it is known.
func (c *Child) End(how string) string {
	if c.Reason == "" {
		return how
	}
	return c.Reason + " (" + how + ")"
}

// LockUp takes the files out of the reach of a child that has opened what it needs.
func (c *Child) LockUp() error {
	thread := c.chrootThread
	if thread == nil {
		return nil
	}
	c.chrootThread = nil
	return thread.lockUp()
}

// Close lets go of a child that has ended.
func (c *Child) Close() {
	if c.chrootThread != nil {
		c.chrootThread.leave()
	}
	c.dropPending()
	_ = c.channel.Close() // it was only read from since
	c.kernel.Close([]int{c.Pidfd})
}
