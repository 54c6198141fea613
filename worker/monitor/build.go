package monitor

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/release"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/worker/channel"
	"lbmaster/worker/monitor/check"
	"lbmaster/worker/monitor/health"
)

// backend is a group of servers, and whether it can serve.
type backend struct {
	conf     *conf.Backend
	name     string
	word     string // what the log calls it
	row      int    // of the counters
	targets  []*target
	counters *stats.Counters
	share    int64 // of connections, see monitor.share
	up       bool
	since    int64 // ms since 1970: when up last changed; 0: never
}

// target is a server.
type target struct {
	conf      *conf.Server
	back      *backend
	slot      int // on the board
	row       int // of the counters
	counters  *stats.Counters
	limits    health.Limits
	count     health.Count
	last      check.Outcome
	probe     probe
	turn      int       // in the schedule
	tracks    *target   // whose state it has; nil: nobody's
	followers []*target // who have its state
	lacks     string    // what the last check lacked; "": nothing
	running   bool      // a check is on its way
	round     int       // a check that began in another round does not count
}

// build makes the runtime objects out of what came with Start. Descriptors of a start that fails are left to the end of the
// process, which follows.
func (m *monitor) build(start control.Message, fds []int) error {
	if len(fds) < control.StartFDs {
		return fmt.Errorf("%s came with %d descriptors instead of %d", start.Kind, len(fds), control.StartFDs)
	}
	unix.Close(fds[control.StartWake]) // only workers wake each other
	config, err := channel.ReadConfig(fds[control.StartConfig])
	if err != nil {
		return err
	}
	m.config = config
	if err := m.openLogs(config, fds[control.StartFDs:]); err != nil {
		return err
	}
	if m.counters, err = stats.Open(fds[control.StartCounters]); err != nil {
		return err
	}
	if m.board, err = status.Open(fds[control.StartBoard]); err != nil {
		return err
	}
	row, servers := 1+len(config.Frontends), 0
	for i := range config.Backends {
		m.addBackend(&config.Backends[i], row, servers)
		row += 1 + len(config.Backends[i].Servers)
		servers += len(config.Backends[i].Servers)
	}
	if n := len(m.board.Servers()); n != servers || row != len(m.counters.Rows()) {
		return fmt.Errorf("the configuration has %d servers and %d rows, the board %d, the counters %d", servers, row, n, len(m.counters.Rows()))
	}
	m.generation, m.started, m.master = start.Generation, time.UnixMilli(start.Since), start.Pid
	m.children = make(map[place]control.Message)
	m.link()
	m.restore()
	m.layOut()
	m.share()
	m.look()
	return nil
}

// addBackend makes a backend, whose row of the counters and whose first server's place on the board are given.
func (m *monitor) addBackend(c *conf.Backend, row, first int) {
	b := &backend{conf: c, name: c.Name, word: "backend", row: row, counters: m.counters.Counters(m.counters.Monitor(), row)}
	if c.Section == "listen."+c.Name {
		b.word = "proxy"
	}
	for i := range c.Servers {
		s := &c.Servers[i]
		t := &target{conf: s, back: b, slot: first + i, row: row + 1 + i, limits: health.Limits{Rise: s.Rise, Fall: s.Fall}}
		t.counters = m.counters.Counters(m.counters.Monitor(), t.row)
		if s.Check {
			t.probe = newProbe(c, s)
			t.turn = len(m.checked)
			m.checked = append(m.checked, t)
		}
		b.targets = append(b.targets, t)
	}
	m.backends = append(m.backends, b)
}

// newProbe says how a server of the backend is checked.
func newProbe(b *conf.Backend, s *conf.Server) probe {
	p := probe{network: "tcp", timeout: s.Inter}
	if b.Timeout.Check > 0 {
		p.timeout = b.Timeout.Check
	}
	if b.HTTPChk != nil {
		p.request = check.Request(b.HTTPChk.Method, b.HTTPChk.URI, b.HTTPChk.Version)
	}
	if s.Source != nil {
		p.source = net.TCPAddrFromAddrPort(netip.AddrPortFrom(s.Source.IP, uint16(s.Source.Port)))
	}
	if s.Address.Path != "" {
		p.network, p.address = "unix", s.Address.Path
		return p
	}
	p.address = checkAddress(s, netip.AddrPortFrom(s.Address.IP, uint16(s.Address.Port)))
	return p
}

// checkAddress is where a server is checked that is reached at an address: on that one, unless it has a port for checks.
func checkAddress(s *conf.Server, at netip.AddrPort) string {
	if s.CheckPort > 0 {
		at = netip.AddrPortFrom(at.Addr(), uint16(s.CheckPort))
	}
	return at.String()
}

// look takes what the monitor tells of its surroundings, before it may be locked into a directory of its own. What cannot
// be had is left out.
func (m *monitor) look() {
	m.node, _ = os.Hostname()
	m.proc, _ = os.OpenRoot("/proc")
	m.version = release.Version()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err == nil {
		m.files = limit.Cur
	}
}

// restore goes on from what the board has of an earlier monitor.
func (m *monitor) restore() {
	for _, t := range m.checked {
		m.restoreFollowers(t)
	}
	for _, b := range m.backends {
		for _, t := range b.targets {
			c := m.board.Check(t.slot)
			t.count = t.limits.Restore(health.Count(c.Health), m.board.Load(t.slot).Op != status.Down)
			t.last = check.Outcome{Result: check.Result(c.Result), Code: int(c.Code), Took: int64(c.Took)}
			b.since = max(b.since, m.board.Changed(t.slot))
			if at := m.board.Address(t.slot); at.IsValid() && t.conf.Check {
				t.probe.address = checkAddress(t.conf, at)
			}
		}
		active, backup := m.usable(b)
		b.up = active+backup > 0
	}
}
