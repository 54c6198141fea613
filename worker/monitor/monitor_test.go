package monitor

import (
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/shared/pump"
	"lbmaster/shared/status"
	"lbmaster/tools/understudy"
)

// TestMain makes the test binary its own child: a real monitor process.
func TestMain(m *testing.M) {
	understudy.Main(m, func() error {
		say := pump.New(os.Stderr)
		defer say.FlushFor(fatal)
		return Run(Env{Control: ControlFD, Say: say})
	})
}

// connectionsTo counts the connections to an address.
func connectionsTo(t *testing.T, addr string) *atomic.Int64 {
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
	checks := connectionsTo(t, host+":8001") // nobody listens on the port of server b
	i := newInstance(t, config, 1)
	c := understudy.Start(t)
	if m := c.WantSaid(control.Hello); m.Pid != c.Process.Pid {
		t.Errorf("pid %d, want %d", m.Pid, c.Process.Pid)
	}
	c.Say(control.Message{Kind: control.Start, Workers: 1}, i.fds()...)
	c.Say(control.Message{Kind: control.Listeners, Last: true})
	c.WantSaid(control.Ready)
	c.Say(control.Message{Kind: control.Ping})
	c.WantSaid(control.Pong)
	if n := checks.Load(); n != 0 {
		t.Errorf("%d checks before it was told to", n)
	}
	c.Say(control.Message{Kind: control.Activate})
	c.Say(control.Message{Kind: control.Activate}) // twice means the same
	soon(t, "checks", func() bool { return checks.Load() >= 3 })
	soon(t, "b is down", func() bool { return i.board.Load(1).Op == status.Down })
	if comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", c.Process.Pid)); string(comm) != "lb-monitor\n" {
		t.Errorf("the process is called %q", comm)
	}
	c.Process.Signal(unix.SIGTERM) // only the master's word counts
	c.Process.Signal(unix.SIGINT)
	c.Say(control.Message{Kind: control.Ping})
	c.WantSaid(control.Pong)
	c.Say(control.Message{Kind: control.Stop})
	if m := c.WantSaid(control.Bye); m.Reason != "stopped" {
		t.Errorf("reason %q", m.Reason)
	}
	if said := c.WantEnd(0); !strings.Contains(said, `lbmaster: monitor: alert: Server web/b is DOWN, reason: Layer4 connection problem, info: "Connection refused"`) {
		t.Errorf("it wrote %q", said)
	}
	if s := i.board.Load(0); s.Op != status.Up || i.board.Check(0).Health != 4 {
		t.Errorf("server a: %+v, %+v", s, i.board.Check(0))
	}
}

// TestMasterDiesEarly: a monitor that is not active yet has nothing to go on with.
func TestMasterDiesEarly(t *testing.T) {
	c := understudy.Start(t)
	c.WantSaid(control.Hello)
	c.Say(control.Message{Kind: control.Start, Workers: 1}, newInstance(t, testConfig("127.62.2.2"), 1).fds()...)
	c.Say(control.Message{Kind: control.Listeners, Last: true})
	c.WantSaid(control.Ready)
	c.Conn.Close()
	c.WantEnd(0)
}

// TestStopInsteadOfStart: an instance that has failed to come up tells its monitor to leave before it has begun.
func TestStopInsteadOfStart(t *testing.T) {
	c := understudy.Start(t)
	c.WantSaid(control.Hello)
	c.Say(control.Message{Kind: control.Stop})
	if said := c.WantEnd(0); said != "" {
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
			c := understudy.Start(t)
			c.WantSaid(control.Hello)
			c.Say(control.Message{Kind: tt.kind}, tt.fds...)
			if said := c.WantEnd(1); !strings.Contains(said, tt.want) {
				t.Errorf("it wrote %q, want %q", said, tt.want)
			}
		})
	}
}
