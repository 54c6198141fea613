//go:build linux

// Package understudy plays the master for one child in a test: a real process, which is the test binary itself.
package understudy

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
)

// Patience is how long anything may take before a test gives up.
const Patience = 10 * time.Second

const role = "LBMASTER_TEST_ROLE"

// Main is the whole TestMain of a package whose run is what a child does. It finds its control socket where a master puts it.
func Main(m *testing.M, run func() error) {
	if os.Getenv(role) == "" {
		os.Exit(m.Run())
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Child is the process, and the master's end of the conversation.
type Child struct {
	Conn    *control.Conn
	Process *os.Process

	t      *testing.T
	fd     int // of Conn
	cmd    *exec.Cmd
	stderr bytes.Buffer
	ended  chan error
}

// Start starts a child, which is killed at the end of the test if it is still there.
func Start(t *testing.T) *Child {
	t.Helper()
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	end := os.NewFile(uintptr(theirs), "control")
	defer end.Close()
	c := &Child{t: t, fd: mine, ended: make(chan error, 1)}
	if c.Conn, err = control.NewConn(mine); err != nil {
		t.Fatal(err)
	}
	c.cmd = exec.Command("/proc/self/exe")
	c.cmd.Env = append(os.Environ(), role+"=child")
	c.cmd.ExtraFiles = []*os.File{end}
	c.cmd.Stderr = &c.stderr
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.Process = c.cmd.Process
	go func() { c.ended <- c.cmd.Wait() }()
	t.Cleanup(func() { c.Conn.Close(); c.Process.Kill() })
	return c
}

// Say gives an order.
func (c *Child) Say(m control.Message, fds ...int) {
	c.t.Helper()
	if err := c.Conn.Send(m, fds, time.Now().Add(Patience)); err != nil {
		c.t.Fatal(err)
	}
}

// SayBytes sends what need not be a message.
func (c *Child) SayBytes(b []byte, fds ...int) {
	c.t.Helper()
	for deadline := time.Now().Add(Patience); ; {
		var oob []byte
		if len(fds) > 0 {
			oob = unix.UnixRights(fds...)
		}
		err := unix.Sendmsg(c.fd, b, oob, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
		if err == nil {
			return
		}
		if !errors.Is(err, unix.EAGAIN) || time.Now().After(deadline) {
			c.t.Fatal(err)
		}
		unix.Poll([]unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLOUT}}, 100)
	}
}

// Next is what the child says next.
func (c *Child) Next() control.Message {
	c.t.Helper()
	m, _, err := c.Conn.Recv(time.Now().Add(Patience))
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

// Until passes over what the child says before a message of that kind, and returns how many messages that were.
func (c *Child) Until(kind control.Kind) (others int) {
	c.t.Helper()
	for ; ; others++ {
		m, _, err := c.Conn.Recv(time.Now().Add(Patience))
		if err != nil {
			c.t.Fatalf("the child said %v; want %s", err, kind)
		}
		if m.Kind == kind {
			return others
		}
	}
}

// Files is the number of descriptors of the child.
func (c *Child) Files() int {
	c.t.Helper()
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", c.Process.Pid))
	if err != nil {
		c.t.Fatal(err)
	}
	return len(all)
}

// Nonsense is n messages that nobody can do anything with, the same ones for the same seed.
func Nonsense(seed uint64, n int) [][]byte {
	r := rand.New(rand.NewPCG(seed, seed))
	all := [][]byte{{}, []byte("null"), []byte("{"), []byte(`{"Version":7,"Kind":"stop"}`), []byte(`{"Version":2,"Kind":"sing"}`), make([]byte, control.MaxMessage+1)}
	for len(all) < n {
		b, err := control.Encode(control.Message{Kind: control.Lend, Slot: r.IntN(9) - 4, Shards: make([]control.Shard, r.IntN(9))})
		if err != nil {
			panic(err)
		}
		switch r.IntN(3) {
		case 0:
			b = b[:r.IntN(len(b))]
		case 1:
			b[r.IntN(len(b))] = byte(r.IntN(256))
		}
		all = append(all, b)
	}
	return all
}

// WantSaid returns what the child says next, which must be of that kind.
func (c *Child) WantSaid(kind control.Kind) control.Message {
	c.t.Helper()
	m, _, err := c.Conn.Recv(time.Now().Add(Patience))
	if err != nil || m.Kind != kind {
		c.t.Fatalf("the child said %q, %v; want %s", m.Kind, err, kind)
	}
	return m
}

// WantEnd waits for the process to end with an exit status, and returns what it wrote to standard error.
func (c *Child) WantEnd(status int) string {
	c.t.Helper()
	select {
	case <-c.ended:
	case <-time.After(Patience):
		c.t.Fatal("the child does not end")
	}
	if got := c.cmd.ProcessState.ExitCode(); got != status {
		c.t.Errorf("exit status %d, want %d; stderr: %s", got, status, &c.stderr)
	}
	return c.stderr.String()
}
