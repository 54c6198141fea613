package worker

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/counter"
	"lbmaster/shared/faults"
	"lbmaster/shared/pump"
	"lbmaster/shared/shm"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/tools/understudy"
)

// fatal is how long anything may take before a test gives up.
const fatal = understudy.Patience

// TestMain makes the test binary its own child: a real worker process.
func TestMain(m *testing.M) {
	understudy.Main(m, func() error {
		say := pump.New(os.Stderr)
		defer say.FlushFor(fatal)
		return Run(Env{Control: ControlFD, Stderr: os.Stderr, Say: say})
	})
}

// instance is what a master hands out.
type instance struct {
	config, wake, faults int
	counters             *stats.Stats
	board                *status.Board
}

// newInstance is an instance whose one server answers at address, port 8001.
func newInstance(t *testing.T, address string) *instance {
	t.Helper()
	c := &conf.Config{
		Global:    conf.Global{Maxconn: 10},
		Frontends: []conf.Frontend{{Name: "web", Mode: conf.ModeHTTP, Backend: "web", Maxconn: 10}},
		Backends: []conf.Backend{{Name: "web", Mode: conf.ModeHTTP, Servers: []conf.Server{
			{Name: "a", Weight: 1, Address: conf.Address{IP: netip.MustParseAddr(address), Port: 8001}},
		}}},
	}
	i := &instance{}
	var err error
	must := func() {
		if err != nil {
			t.Fatal(err)
		}
	}
	i.config, err = shm.Seal("config", c.Snapshot())
	must()
	i.counters, err = stats.Create(make([]stats.Row, 4), 2)
	must()
	i.board, err = status.Create(make([]status.Server, 1), func(int) status.State { return status.State{Op: status.Up, Weight: 1} })
	must()
	i.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	must()
	i.faults, err = faults.Create(2)
	must()
	return i
}

func (i *instance) fds() []int {
	return []int{i.config, i.counters.FD(), i.board.FD(), i.wake, i.faults}
}

// listenOn opens a listening socket. The descriptor is the listener's own, and stays non-blocking: that of a copy made by
// its File method would not, and would take the original along.
func listenOn(t *testing.T, addr string) (net.Listener, int) {
	t.Helper()
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	shard := -1
	if err := raw.Control(func(fd uintptr) { shard = int(fd) }); err != nil {
		t.Fatal(err)
	}
	return l, shard
}

// TestLife is the whole conversation, from Hello to Bye.
func TestLife(t *testing.T) {
	server, _ := listenOn(t, "127.54.0.1:8001")
	go answer(server)
	_, shard := listenOn(t, "127.54.0.1:8000")
	_, lent := listenOn(t, "127.54.0.1:8002")
	i := newInstance(t, "127.54.0.1")
	c := understudy.Start(t)
	if m := c.WantSaid(control.Hello); m.Pid != c.Process.Pid {
		t.Errorf("pid %d, want %d", m.Pid, c.Process.Pid)
	}
	c.Say(control.Message{Kind: control.Start, Slot: 1, Workers: 2}, i.fds()...)
	c.Say(control.Message{Kind: control.Listeners, Shards: []control.Shard{{}}, Last: true}, shard)
	c.WantSaid(control.Ready)
	c.Say(control.Message{Kind: control.Activate})
	wantStatus(t, "127.54.0.1:8000", "204")
	c.Say(control.Message{Kind: control.Lend, Slot: 0, Shards: []control.Shard{{}}}, lent)
	wantStatus(t, "127.54.0.1:8002", "204")
	c.Say(control.Message{Kind: control.Return, Slot: 0})
	c.Say(control.Message{Kind: control.Ping})
	c.WantSaid(control.Pong)
	if n := i.counters.Counters(1, 0)[counter.Requests].Load(); n != 2 {
		t.Errorf("%d requests counted in the worker's slab, want 2", n)
	}
	if comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", c.Process.Pid)); string(comm) != "lb-worker-1\n" {
		t.Errorf("the process is called %q", comm)
	}
	c.Process.Signal(unix.SIGTERM) // only the master's word counts
	c.Process.Signal(unix.SIGINT)
	c.Say(control.Message{Kind: control.Ping})
	c.WantSaid(control.Pong)
	c.Say(control.Message{Kind: control.Drain})
	if m := c.WantSaid(control.Bye); m.Reason != "drained" {
		t.Errorf("reason %q", m.Reason)
	}
	c.WantEnd(0)
}

// answer gives every connection one answer.
func answer(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		bufio.NewReader(c).ReadString('\n')
		io.WriteString(c, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
		c.Close()
	}
}

func wantStatus(t *testing.T, addr, want string) {
	t.Helper()
	c, err := net.DialTimeout("tcp4", addr, fatal)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(fatal))
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 "+want) {
		t.Errorf("%s answered %q, %v; want %s", addr, line, err, want)
	}
}

// TestMasterDiesEarly: a worker that is not active yet has nothing to finish.
func TestMasterDiesEarly(t *testing.T) {
	i := newInstance(t, "127.54.0.2")
	_, shard := listenOn(t, "127.54.0.2:8000")
	c := understudy.Start(t)
	c.WantSaid(control.Hello)
	c.Say(control.Message{Kind: control.Start}, i.fds()...)
	c.Say(control.Message{Kind: control.Listeners, Shards: []control.Shard{{}}, Last: true}, shard)
	c.WantSaid(control.Ready)
	c.Conn.Close()
	c.WantEnd(0)
}

// TestBadStart: what a worker cannot work with ends it, with the reason.
func TestBadStart(t *testing.T) {
	i := newInstance(t, "127.54.0.3")
	for _, tt := range []struct {
		name, want string
		say        func(c *understudy.Child)
	}{
		{"nothing to read", "is not a sealed memory file", func(c *understudy.Child) {
			c.Say(control.Message{Kind: control.Start}, i.wake, i.counters.FD(), i.board.FD(), i.wake, i.faults)
		}},
		{"no descriptors", "0 descriptors instead of 5", func(c *understudy.Child) { c.Say(control.Message{Kind: control.Start}) }},
		{"wrong order", "said activate instead of start", func(c *understudy.Child) { c.Say(control.Message{Kind: control.Activate}) }},
		{"unknown frontend", "no frontend 5", func(c *understudy.Child) {
			c.Say(control.Message{Kind: control.Start}, i.fds()...)
			c.Say(control.Message{Kind: control.Listeners, Shards: []control.Shard{{Frontend: 5}}}, i.wake)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := understudy.Start(t)
			c.WantSaid(control.Hello)
			tt.say(c)
			if said := c.WantEnd(1); !strings.Contains(said, tt.want) {
				t.Errorf("stderr %q; want %q", said, tt.want)
			}
			m, _, err := c.Conn.Recv(time.Now().Add(fatal))
			if err != nil || m.Kind != control.Bye || !strings.Contains(m.Reason, tt.want) {
				t.Errorf("the worker says %+v, %v", m, err)
			}
			if _, _, err := c.Conn.Recv(time.Now().Add(fatal)); !errors.Is(err, io.EOF) {
				t.Errorf("the channel: %v", err)
			}
		})
	}
}
