package monitor

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/shared/status"
)

const roleVariable = "LBMASTER_TEST_ROLE"

// TestMain makes the test binary its own child: a real monitor process.
func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) == "" {
		os.Exit(m.Run())
	}
	if err := Run(Env{Control: ControlFD, Stderr: os.Stderr}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child is a monitor process that a test plays the master for.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	conn   *control.Conn
	stderr bytes.Buffer
	ended  chan error
}

func startChild(t *testing.T) *child {
	t.Helper()
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	end := os.NewFile(uintptr(theirs), "control")
	defer end.Close()
	c := &child{t: t, ended: make(chan error, 1)}
	if c.conn, err = control.NewConn(mine); err != nil {
		t.Fatal(err)
	}
	c.cmd = exec.Command("/proc/self/exe")
	c.cmd.Env = append(os.Environ(), roleVariable+"=monitor")
	c.cmd.ExtraFiles = []*os.File{end}
	c.cmd.Stderr = &c.stderr
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.ended <- c.cmd.Wait() }()
	t.Cleanup(func() { c.conn.Close(); c.cmd.Process.Kill() })
	return c
}

func (c *child) say(m control.Message, fds ...int) {
	c.t.Helper()
	if err := c.conn.Send(m, fds, time.Now().Add(fatal)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *child) wantSaid(kind control.Kind) control.Message {
	c.t.Helper()
	m, _, err := c.conn.Recv(time.Now().Add(fatal))
	if err != nil || m.Kind != kind {
		c.t.Fatalf("the monitor said %q, %v; want %s; stderr: %s", m.Kind, err, kind, c.stderr.String())
	}
	return m
}

// wantEnd waits for the process to end with an exit status, and returns what it wrote.
func (c *child) wantEnd(status int) string {
	c.t.Helper()
	select {
	case <-c.ended:
		if got := c.cmd.ProcessState.ExitCode(); got != status {
			c.t.Errorf("exit status %d, want %d; stderr: %s", got, status, c.stderr.String())
		}
	case <-time.After(fatal):
		c.t.Fatal("the monitor does not end")
	}
	return c.stderr.String()
}

// counter counts the connections to an address.
func counter(t *testing.T, addr string) *atomic.Int64 {
	t.Helper()
	n := &atomic.Int64{}
	serve(t, "tcp", addr, func(net.Conn) { n.Add(1) })
	return n
}

// soon waits until ok returns true.
func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(fatal); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: does not happen", what)
		}
	}
}

// TestLife is the whole conversation, from Hello to Bye.
func TestLife(t *testing.T) {
	const host = "127.62.2.1"
	config := testConfig(host)
	for i := range config.Backends[0].Servers {
		config.Backends[0].Servers[i].Inter = 20 * time.Millisecond
	}
	config.Backends[0].Timeout.Check = fatal // else a check has no longer than its interval
	checks := counter(t, host+":8001") // nobody listens on the port of server b
	i := newInstance(t, config, 1)
	c := startChild(t)
	if m := c.wantSaid(control.Hello); m.Pid != c.cmd.Process.Pid {
		t.Errorf("pid %d, want %d", m.Pid, c.cmd.Process.Pid)
	}
	c.say(control.Message{Kind: control.Start, Workers: 1}, i.fds()...)
	c.say(control.Message{Kind: control.Listeners, Last: true})
	c.wantSaid(control.Ready)
	c.say(control.Message{Kind: control.Ping})
	c.wantSaid(control.Pong)
	if n := checks.Load(); n != 0 {
		t.Errorf("%d checks before it was told to", n)
	}
	c.say(control.Message{Kind: control.Activate})
	c.say(control.Message{Kind: control.Activate}) // twice means the same
	soon(t, "checks", func() bool { return checks.Load() >= 3 })
	soon(t, "b is down", func() bool { return i.board.Load(1).Op == status.Down })
	if comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", c.cmd.Process.Pid)); string(comm) != "lb-monitor\n" {
		t.Errorf("the process is called %q", comm)
	}
	c.cmd.Process.Signal(unix.SIGTERM) // only the master's word counts
	c.cmd.Process.Signal(unix.SIGINT)
	c.say(control.Message{Kind: control.Ping})
	c.wantSaid(control.Pong)
	c.say(control.Message{Kind: control.Stop})
	if m := c.wantSaid(control.Bye); m.Reason != "stopped" {
		t.Errorf("reason %q", m.Reason)
	}
	if said := c.wantEnd(0); !strings.Contains(said, `lbmaster: monitor: alert: Server web/b is DOWN, reason: Layer4 connection problem, info: "Connection refused"`) {
		t.Errorf("it wrote %q", said)
	}
	if s := i.board.Load(0); s.Op != status.Up || i.board.Check(0).Health != 4 {
		t.Errorf("server a: %+v, %+v", s, i.board.Check(0))
	}
}

// TestMasterDiesEarly: a monitor that is not active yet has nothing to go on with.
func TestMasterDiesEarly(t *testing.T) {
	c := startChild(t)
	c.wantSaid(control.Hello)
	c.say(control.Message{Kind: control.Start, Workers: 1}, newInstance(t, testConfig("127.62.2.2"), 1).fds()...)
	c.say(control.Message{Kind: control.Listeners, Last: true})
	c.wantSaid(control.Ready)
	c.conn.Close()
	c.wantEnd(0)
}

// TestStopInsteadOfStart: an instance that has failed to come up tells its monitor to leave before it has begun.
func TestStopInsteadOfStart(t *testing.T) {
	c := startChild(t)
	c.wantSaid(control.Hello)
	c.say(control.Message{Kind: control.Stop})
	if said := c.wantEnd(0); said != "" {
		t.Errorf("it wrote %q", said)
	}
}

// TestBadStart: what a monitor cannot work with ends it, with the reason.
func TestBadStart(t *testing.T) {
	i := newInstance(t, testConfig("127.62.2.3"), 1)
	other := newInstance(t, testConfig("127.62.2.3"), 1)
	short := testConfig("127.62.2.3")
	short.Backends = short.Backends[:1]
	small := newInstance(t, short, 1)
	for _, tt := range []struct {
		name, want string
		kind       control.Kind
		fds        []int
	}{
		{"nothing to read", "is not a sealed memory file", control.Start, []int{i.wake, i.counters.FD(), i.board.FD(), i.wake}},
		{"no descriptors", "0 descriptors instead of 4", control.Start, nil},
		{"wrong order", "said activate instead of start", control.Activate, nil},
		{"other board", "5 servers and 9 rows, the board 3, the counters 9", control.Start, []int{other.config, other.counters.FD(), small.board.FD(), i.wake}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := startChild(t)
			c.wantSaid(control.Hello)
			c.say(control.Message{Kind: tt.kind}, tt.fds...)
			if said := c.wantEnd(1); !strings.Contains(said, tt.want) {
				t.Errorf("it wrote %q, want %q", said, tt.want)
			}
		})
	}
}
