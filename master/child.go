package master

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/master/procfs"
	"lbmaster/shared/control"
	"lbmaster/shared/privileges"
	"lbmaster/shared/threads"
)

// child is a process that the master has started, or has adopted from the master before. Its goroutines tell the
// reconciler what happens to it; everything else belongs to the reconciler.
type child struct {
	generation   int
	slot         int
	pid          int
	pidfd        int // names the process for as long as we hold it, whoever gets its pid later
	controlFD    int // of conn
	conn         channel
	kernel       *kernel
	chrootThread *chrootThread // by which the child is to be locked up; nil: it is, or is not to be
	heard        time.Time     // when the child last said anything
	aborted      bool          // it has been told to die with a dump, because it hung
	givenUp      bool          // it has been killed, and is told nothing any more
	outbox       []pending     // what it had no room for yet
	log          *slog.Logger
	reason       string // why it leaves, in its own words, or why it is killed; "": nobody has said
}

// channel is a control channel; control.Conn is one.
type channel interface {
	TrySend(m control.Message, fds []int) error
	Recv(deadline time.Time) (control.Message, []int, error)
	Close() error
}

// kernel is what else is done for a child, as functions. A test has others.
type kernel struct {
	now    func() time.Time
	signal func(pidfd int, s unix.Signal) error
	copy   func(fd int) (int, error)
	close  func(fds []int)
}

var realKernel = kernel{
	now:    time.Now,
	signal: func(pidfd int, s unix.Signal) error { return unix.PidfdSendSignal(pidfd, s, nil, 0) },
	copy:   func(fd int) (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) },
	close:  control.CloseAll,
}

// childEvent is something that happened to a child: it said something, or it ended.
type childEvent struct {
	child   *child
	message *control.Message // nil: it ended
	fds     []int            // that came with a Profile; closed when the event has been taken
	trouble string           // with its channel, which goes on; "": none
	ended   string           // how
}

// WorkerArg is the hidden first argument that makes the program a worker.
const WorkerArg = "worker"

// role is what the child of a slot is, and how it is called in lists of processes.
func role(slot int) (arg, title string) {
	if slot == monitorIndex {
		return MonitorArg, "monitor"
	}
	return WorkerArg, fmt.Sprintf("worker %d", slot)
}

// spawn starts the child of a slot from the program that runs now, which need not be the one on disk any more.
func spawn(generation, slot int, limits confines, env *Env, events chan<- childEvent) (*child, error) {
	mine, theirs, err := control.Pair()
	if err != nil {
		return nil, err
	}
	end := os.NewFile(uintptr(theirs), "control")
	defer end.Close() // the child has its own by then
	conn, err := control.NewConn(mine)
	if err != nil {
		return nil, err
	}
	arg, title := role(slot)
	if err := threads.Room(); err != nil { // found out later it would cost a thread
		return nil, errors.Join(fmt.Errorf("cannot start %s: %w", title, err), conn.Close())
	}
	pidfd := -1
	cmd := &exec.Cmd{
		Path:       "/proc/self/exe",
		Args:       []string{procfs.ChildTitle + title, arg},
		Env:        childEnviron(env.Environ),
		Stdout:     env.Stdout,
		Stderr:     env.Stderr,
		ExtraFiles: []*os.File{end}, // becomes descriptor 3

		SysProcAttr: &syscall.SysProcAttr{PidFD: &pidfd},
	}
	thread, err := begin(cmd, limits)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot start %s: %w%s", title, err, executeHint(err, limits.identity)), conn.Close())
	}
	if pidfd < 0 {
		if thread != nil {
			thread.leave()
		}
		_ = cmd.Process.Kill() // it is reaped below like any other
		go func() { _ = cmd.Wait() }()
		return nil, errors.Join(fmt.Errorf("cannot start %s: the kernel has no pidfd (Linux 5.4 is needed)", title), conn.Close())
	}
	c := &child{generation: generation, slot: slot, pid: cmd.Process.Pid, pidfd: pidfd, controlFD: mine, conn: conn, kernel: &realKernel, chrootThread: thread}
	go c.watch(events, func() string {
		if err := cmd.Wait(); err != nil {
			return err.Error()
		}
		return endedWell
	})
	return c, nil
}

// executeHint says what may help when a child could not be started.
func executeHint(err error, identity privileges.Identity) string {
	if errors.Is(err, fs.ErrPermission) && identity.User != 0 {
		return fmt.Sprintf(": user %d must be allowed to execute the program", identity.User)
	}
	return ""
}

// endedWell is how a child ends that has left in order.
const endedWell = "exit status 0"

// watch tells everything that the child says, and then how it ended: so that nothing it said is overtaken by its end. Nothing but
// the end of the channel ends the listening: what is not understood is reported, and passed over.
func (c *child) watch(events chan<- childEvent, wait func() string) {
	var complaints control.Complaints
	for {
		m, fds, err := c.conn.Recv(time.Time{})
		switch {
		case err == nil:
			if m.Kind != control.Profile {
				control.CloseAll(fds)
				fds = nil
			}
			events <- childEvent{child: c, message: &m, fds: fds}
			continue
		case errors.Is(err, io.EOF), errors.Is(err, os.ErrClosed):
			events <- childEvent{child: c, ended: wait()}
			return
		}
		if text := complaints.About(err, time.Now()); text != "" {
			events <- childEvent{child: c, trouble: text}
		}
		if !errors.Is(err, control.ErrNotUnderstood) && !errors.Is(err, control.ErrNoRoom) {
			<-time.After(laterTime) // the kernel lacks memory
		}
	}
}

// kill ends the child now.
func (c *child) kill() { c.signal(unix.SIGKILL) }

// signal fails only when the child has ended already.
func (c *child) signal(s unix.Signal) { _ = c.kernel.signal(c.pidfd, s) }

// end is how a child has ended, with the reason if it is known.
func (c *child) end(how string) string {
	if c.reason == "" {
		return how
	}
	return c.reason + " (" + how + ")"
}

// lockUp takes the files out of the reach of a child that has opened what it needs.
func (c *child) lockUp() error {
	thread := c.chrootThread
	if thread == nil {
		return nil
	}
	c.chrootThread = nil
	return thread.lockUp()
}

// close lets go of a child that has ended.
func (c *child) close() {
	if c.chrootThread != nil {
		c.chrootThread.leave()
	}
	c.dropPending()
	_ = c.conn.Close() // it was only read from since
	c.kernel.close([]int{c.pidfd})
}

// childEnviron is what a child gets of the environment: nothing that is meant for the master as a service, or by which
// a library would take the child for something else. A worker uses one thread at a time, and the monitor needs no more.
func childEnviron(environ []string) []string {
	var all []string
	for _, e := range environ {
		if !hasAnyPrefix(e, "TABLEFLIP_", "LISTEN_", "NOTIFY_SOCKET=", "WATCHDOG_", "LBMASTER_", "GOMAXPROCS=") {
			all = append(all, e)
		}
	}
	return append(all, "GOMAXPROCS=1")
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
