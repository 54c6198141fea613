package child

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"syscall"

	"lbmaster/shared/control"
	"lbmaster/shared/privileges"
	"lbmaster/shared/threads"
)

// Order is which child to start, and with what.
type Order struct {
	Name
	Args     []string // with the name of the process
	Environ  []string // of the master
	Stdout   io.Writer
	Stderr   io.Writer
	Confines Confines
}

// Start starts a child from the program that runs now, which need not be the one on disk any more.
func Start(o Order, events chan<- Event, log *slog.Logger) (*Child, error) {
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
	if o.Slot != control.MonitorSlot { // workers have no descriptors to send
		_ = control.RefuseFDs(mine) // without it the end of a worker that does may be seen a moment later
	}
	if err := threads.Room(); err != nil { // found out later it would cost a thread
		return nil, errors.Join(fmt.Errorf("cannot start %s: %w", o.Title, err), conn.Close())
	}
	pidfd := -1
	cmd := o.command(end, &pidfd)
	thread, err := begin(cmd, o.Confines)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot start %s: %w%s", o.Title, err, executeHint(err, o.Confines.Identity)), conn.Close())
	}
	if pidfd < 0 {
		if thread != nil {
			thread.leave()
		}
		_ = cmd.Process.Kill() // it is reaped below like any other
		go func() { _ = cmd.Wait() }()
		return nil, errors.Join(fmt.Errorf("cannot start %s: the kernel has no pidfd (Linux 5.4 is needed)", o.Title), conn.Close())
	}
	c := New(o.Name, conn, &RealKernel, log)
	c.Pid, c.Pidfd, c.ControlFD, c.chrootThread = cmd.Process.Pid, pidfd, mine, thread
	go c.Watch(events, func() string { return reap(cmd) })
	return c, nil
}

// command is how the child is started, with its end of the control channel as descriptor 3.
func (o *Order) command(end *os.File, pidfd *int) *exec.Cmd {
	return &exec.Cmd{
		Path:       "/proc/self/exe",
		Args:       o.Args,
		Env:        Environ(o.Environ),
		Stdout:     o.Stdout,
		Stderr:     o.Stderr,
		ExtraFiles: []*os.File{end},

		SysProcAttr: &syscall.SysProcAttr{PidFD: pidfd},
	}
}

// reap waits for the end of a child, and says how it ended.
func reap(cmd *exec.Cmd) string {
	if err := cmd.Wait(); err != nil {
		return err.Error()
	}
	return EndedWell
}

// executeHint says what may help when a child could not be started.
func executeHint(err error, identity privileges.Identity) string {
	if errors.Is(err, fs.ErrPermission) && identity.User != 0 {
		return fmt.Sprintf(": user %d must be allowed to execute the program", identity.User)
	}
	return ""
}
