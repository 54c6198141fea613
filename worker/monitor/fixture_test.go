package monitor

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/shm"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/tools/understudy"
)

// fatal is how long anything may take before a test gives up.
const fatal = understudy.Patience

// testConfig has a listen section "web" with the servers a, b and c, of which c is a backup and "d" is not checked, and a
// backend "pool" with one server that has nothing but a name.
func testConfig(address string) *conf.Config {
	server := func(name string, port int) conf.Server {
		return conf.Server{
			Name: name, Weight: 1, Check: true, Inter: time.Second, Rise: 2, Fall: 3,
			Address: conf.Address{Host: address, IP: netip.MustParseAddr(address), Port: port},
		}
	}
	web := conf.Backend{Name: "web", Section: "listen.web", Line: 1, Mode: conf.ModeHTTP, Balance: "roundrobin"}
	web.Servers = []conf.Server{server("a", 8001), server("b", 8002), server("c", 8003)}
	web.Servers[2].Backup = true
	pool := conf.Backend{Name: "pool", Section: "backend.pool", Line: 9, Mode: conf.ModeHTTP, Balance: "roundrobin"}
	pool.Servers = []conf.Server{server("x", 8004), server("free", 8005)}
	pool.Servers[1].Check = false
	return &conf.Config{
		Global:    conf.Global{Maxconn: 10},
		Frontends: []conf.Frontend{{Name: "web", Section: "listen.web", Line: 1, Mode: conf.ModeHTTP, Backend: "web", Maxconn: 10}},
		Backends:  []conf.Backend{web, pool},
	}
}

// instance is what a master hands out.
type instance struct {
	config, wake int
	counters     *stats.Stats
	board        *status.Board
}

func newInstance(t *testing.T, c *conf.Config, workers int) *instance {
	t.Helper()
	rows := []stats.Row{{Kind: stats.Worker}}
	for i := range c.Frontends {
		rows = append(rows, stats.Row{Kind: stats.Frontend, Proxy: c.Frontends[i].Name})
	}
	var servers []status.Server
	for i := range c.Backends {
		b := &c.Backends[i]
		rows = append(rows, stats.Row{Kind: stats.Backend, Proxy: b.Name})
		for j := range b.Servers {
			rows = append(rows, stats.Row{Kind: stats.Server, Proxy: b.Name, Server: b.Servers[j].Name})
			servers = append(servers, status.Server{Proxy: b.Name, Name: b.Servers[j].Name})
		}
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
	i.counters, err = stats.Create(rows, workers)
	must()
	i.board, err = status.Create(servers, func(int) status.State { return status.State{Op: status.Up, Weight: 1} })
	must()
	i.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	must()
	return i
}

func (i *instance) fds() []int { return []int{i.config, i.counters.FD(), i.board.FD(), i.wake} }

// copies are descriptors that a monitor in this process may own.
func (i *instance) copies(t *testing.T) []int {
	t.Helper()
	var all []int
	for _, fd := range i.fds() {
		c, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// said collects what a monitor reports.
type said struct{ strings.Builder }

func (s *said) report(level Level, text string) { fmt.Fprintf(s, "%s: %s\n", level, text) }

// take is what was said since the last time.
func (s *said) take() string {
	text := s.String()
	s.Reset()
	return text
}

// buildMonitor makes the monitor of an instance whose loop does not run: a test is the loop.
func buildMonitor(t *testing.T, i *instance) (*monitor, *said) {
	t.Helper()
	s := &said{}
	m := newMonitor(-1, s.report)
	if err := m.build(control.Message{Kind: control.Start}, i.copies(t)); err != nil {
		t.Fatal(err)
	}
	return m, s
}

// target finds a server by "backend/server".
func (m *monitor) target(t *testing.T, name string) *target {
	t.Helper()
	for _, b := range m.backends {
		for _, s := range b.targets {
			if b.name+"/"+s.conf.Name == name {
				return s
			}
		}
	}
	t.Fatalf("there is no server %s", name)
	return nil
}
