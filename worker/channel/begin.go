package channel

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/shared/dump"
	"lbmaster/shared/oom"
	"lbmaster/shared/pump"
	"lbmaster/shared/signals"
	"lbmaster/shared/threads"
)

// Begin makes this process a child with that control channel. The channel that it returns is closed when another instance has taken over
// from one whose master is gone.
func Begin(fd int, say *pump.Writer) (replaced <-chan struct{}, err error) {
	replaced = signals.Child(fd)
	dump.OnQuit(say, os.Args[0])
	_ = oom.Offer() // else the kernel chooses by size alone
	threads.Reserve(threads.OfChild)
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("descriptor %d is no control channel: a child is started by the master only: %w", fd, err)
	}
	return replaced, nil
}

// Name shows in top and pstree what the process is. Failing to is harmless.
func Name(name string) { _ = os.WriteFile("/proc/self/comm", []byte(name), 0) }

// Greet says hello, which the master answers with START.
func (c *Channel) Greet() error {
	if err := control.Send(c.fd, control.Message{Kind: control.Hello, Pid: unix.Getpid()}, nil); err != nil {
		return fmt.Errorf("cannot tell the master: %w", err)
	}
	c.state = starting
	return nil
}
