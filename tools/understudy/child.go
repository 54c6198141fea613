//go:build linux

// Package understudy plays the master for one child in a test: a real process, which is the test binary itself.
package understudy

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

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
	c := &Child{t: t, ended: make(chan error, 1)}
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
