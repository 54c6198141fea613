package control

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Conn is an end of a control channel for use by goroutines, which wait in the runtime's poller. One may send while
// another receives.
type Conn struct {
	file   *os.File
	closed atomic.Bool
}

// NewConn takes ownership of fd, which must be non-blocking.
func NewConn(fd int) (*Conn, error) {
	f := os.NewFile(uintptr(fd), "control")
	if err := f.SetDeadline(time.Time{}); err != nil {
		return nil, errors.Join(fmt.Errorf("descriptor %d cannot be a control channel: %w", fd, err), f.Close())
	}
	return &Conn{file: f}, nil
}

// Send sends one message with descriptors, which stay open here. It waits until deadline for a peer that is behind.
func (c *Conn) Send(m Message, fds []int, deadline time.Time) error {
	if err := c.file.SetWriteDeadline(deadline); err != nil {
		return err
	}
	return c.wait(false, func(fd int) error { return Send(fd, m, fds) })
}

// TrySend is Send without waiting: unix.EAGAIN means that the peer is behind.
func (c *Conn) TrySend(m Message, fds []int) error {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return err
	}
	var outcome error
	if err := raw.Control(func(fd uintptr) { outcome = Send(int(fd), m, fds) }); err != nil {
		return err
	}
	return outcome
}

// Recv receives one message, with descriptors that are the caller's. It waits until deadline; the zero time is never.
// The errors are those of fault.go, besides the deadline's.
func (c *Conn) Recv(deadline time.Time) (m Message, fds []int, err error) {
	if err := c.file.SetReadDeadline(deadline); err != nil {
		return Message{}, nil, err
	}
	err = c.wait(true, func(fd int) error {
		m, fds, err = Recv(fd)
		return err
	})
	return m, fds, err
}

// wait calls do until it has something else to say than EAGAIN, and parks in between.
func (c *Conn) wait(read bool, do func(fd int) error) error {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return err
	}
	var outcome error
	try := func(fd uintptr) bool {
		outcome = do(int(fd))
		return !errors.Is(outcome, unix.EAGAIN)
	}
	if read {
		err = raw.Read(try)
	} else {
		err = raw.Write(try)
	}
	if err != nil { // the deadline, or Close, which the runtime tells by an error that nobody can name
		if c.closed.Load() {
			return os.ErrClosed
		}
		return err
	}
	return outcome
}

// Finish means that nothing more comes: Recv gets what is there already, and then io.EOF.
func (c *Conn) Finish() {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return // it is closed
	}
	_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RD) }) // fails when it is closed, or both ends are shut already
}

// Close ends the channel. Whoever waits gets os.ErrClosed.
func (c *Conn) Close() error {
	c.closed.Store(true)
	return c.file.Close()
}
