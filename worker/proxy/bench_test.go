package proxy

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/counter"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/shared/syslog"
	"lbmaster/worker/loop"
	"lbmaster/worker/sock"
)

// bench drives the real loop, turn by turn, with both peers in the same goroutine: nothing runs beside it, so that
// allocations and time are those of the loop alone.
type bench struct {
	tb      testing.TB
	at      string // the address of both
	proxy   *Proxy
	time    *testTime
	stats   *stats.Stats
	server  int // listening socket
	client  int // connected sockets
	origin  int
	turns   int // that spend takes; 0: 3
	buf     [64 << 10]byte
	scratch [4 << 10]byte
}

const benchRequest = "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n" +
	"Cookie: theme=dark; SERVERID=A; lang=en\r\n\r\n"

const benchResponse = "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nhello, world\n"

// newBench makes a proxy with one frontend on front and one server on back, which are ports of address.
func newBench(tb testing.TB, address string, front, back int, tune ...func(*conf.Config)) *bench {
	b := &bench{tb: tb, at: address, server: listenOn(tb, address, back)}
	c := benchConfig(address, back)
	for _, f := range tune {
		f(c)
	}
	var err error
	if b.stats, err = stats.Create(benchRows(c), 1); err != nil {
		tb.Fatal(err)
	}
	b.time = newTime(tb)
	b.proxy = newProxyWith(tb, Params{Loop: loop.On(b.time, b.time.now)}, c, b.stats)
	if err := b.proxy.Listen(0, 0, 0, listenOn(tb, address, front)); err != nil {
		tb.Fatal(err)
	}
	b.proxy.Activate()
	b.client = dialTo(tb, address, front)
	tb.Cleanup(b.close)
	return b
}

func (b *bench) close() {
	b.proxy.close()
	unix.Close(b.client)
	unix.Close(b.server)
	if b.origin > 0 {
		unix.Close(b.origin)
	}
}

// exchange sends one request through the proxy and brings one response back.
func (b *bench) exchange(request, response string) {
	b.write(b.client, request)
	b.turn()
	if b.origin == 0 {
		b.origin = b.accept()
	}
	b.read(b.origin)
	b.write(b.origin, response)
	b.turn()
	b.read(b.client)
}

// turn lets the loop turn once. There is always an event, so that it does not wait.
func (b *bench) turn() {
	if err := b.proxy.loop.Turn(); err != nil {
		b.tb.Fatal(err)
	}
}

func (b *bench) write(fd int, s string) {
	if _, err := unix.Write(fd, b.scratch[:copy(b.scratch[:], s)]); err != nil {
		b.tb.Fatal(err)
	}
}

func (b *bench) read(fd int) int {
	n, err := unix.Read(fd, b.buf[:])
	if err != nil || n == 0 {
		b.tb.Fatalf("read %d bytes: %v", n, err)
	}
	return n
}

func (b *bench) accept() int {
	fd, _, err := unix.Accept4(b.server, unix.SOCK_CLOEXEC)
	if err != nil {
		b.tb.Fatal(err)
	}
	return fd
}

func benchConfig(address string, port int) *conf.Config {
	return &conf.Config{
		Global: conf.Global{Maxconn: 1000},
		Frontends: []conf.Frontend{{
			Name: "web", Mode: conf.ModeHTTP, Backend: "web", Maxconn: 1000,
			Timeout: conf.ClientTimeout{Client: 50 * time.Second},
		}},
		Backends: []conf.Backend{{
			Name: "web", Section: "listen.web", Mode: conf.ModeHTTP,
			Cookie:  &conf.Cookie{Name: "SERVERID", Mode: conf.CookieInsert, Indirect: true},
			Timeout: conf.ServerTimeout{Connect: 5 * time.Second, Server: 50 * time.Second},
			Servers: []conf.Server{{Name: "a", Cookie: "A", Weight: 1, Address: conf.Address{IP: netip.MustParseAddr(address), Port: port}}},
		}},
	}
}

// benchRows are the counters' rows of a configuration.
func benchRows(c *conf.Config) []stats.Row {
	rows := []stats.Row{{Kind: stats.Worker}}
	for _, f := range c.Frontends {
		rows = append(rows, stats.Row{Kind: stats.Frontend, Proxy: f.Name})
	}
	for _, b := range c.Backends {
		rows = append(rows, stats.Row{Kind: stats.Backend, Proxy: b.Name})
		for _, s := range b.Servers {
			rows = append(rows, stats.Row{Kind: stats.Server, Proxy: b.Name, Server: s.Name})
		}
	}
	return rows
}

// newProxy makes a proxy whose servers are all up.
func newProxy(tb testing.TB, c *conf.Config, st *stats.Stats, slot int) *Proxy {
	tb.Helper()
	return newProxyWith(tb, Params{Slot: slot}, c, st)
}

// newProxyWith is newProxy with what else is in params.
func newProxyWith(tb testing.TB, params Params, c *conf.Config, st *stats.Stats) *Proxy {
	tb.Helper()
	var servers []status.Server
	var weights []int
	for _, b := range c.Backends {
		for _, s := range b.Servers {
			servers = append(servers, status.Server{Proxy: b.Name, Name: s.Name, Address: fmt.Sprint(s.Address.IP, s.Address.Port)})
			weights = append(weights, s.Weight)
		}
	}
	board, err := status.Create(servers, func(i int) status.State {
		return status.State{Op: status.Up, Weight: uint16(weights[i])}
	})
	if err != nil {
		tb.Fatal(err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { unix.Close(wake) })
	params.Config, params.Stats, params.Board, params.Wake = c, st, board, wake
	if params.Logs == nil {
		params.Logs = dialLogs(tb, c)
	}
	p, err := New(params)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// dialLogs opens the log targets of a configuration.
func dialLogs(tb testing.TB, c *conf.Config) []int {
	var fds []int
	for _, t := range c.LogTargets() {
		fd, err := syslog.Dial(syslog.Target{Network: t.Target, Address: t.Address})
		if err != nil {
			tb.Fatal(err)
		}
		fds = append(fds, fd)
	}
	return fds
}

func listenOn(tb testing.TB, address string, port int) int {
	tb.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		tb.Fatal(err)
	}
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: netip.MustParseAddr(address).As4()}); err != nil {
		tb.Fatalf("cannot bind %s:%d: %v", address, port, err)
	}
	if err := unix.Listen(fd, 128); err != nil {
		tb.Fatal(err)
	}
	return fd
}

// dialTo connects a blocking socket.
func dialTo(tb testing.TB, address string, port int) int {
	tb.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		tb.Fatal(err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: netip.MustParseAddr(address).As4()}); err != nil {
		tb.Fatal(err)
	}
	tv := unix.NsecToTimeval(int64(5 * time.Second))
	unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv)
	return fd
}

// TestNothingIsAllocated holds the loop to its promise: a request costs no allocation once the free lists are warm.
func TestNothingIsAllocated(t *testing.T) {
	b := newBench(t, "127.61.0.1", 8000, 8001)
	b.exchange(benchRequest, benchResponse)
	if n := testing.AllocsPerRun(1000, func() { b.exchange(benchRequest, benchResponse) }); n != 0 {
		t.Errorf("%v allocations for a request, want 0", n)
	}
	if n := b.proxy.counters[counter.Responses2xx].Load(); n < 1000 {
		t.Errorf("%d responses counted", n)
	}
}

// everything asks for all that may be done to a request and told of it.
func everything(c *conf.Config) {
	c.Global.Log = []conf.LogTarget{{Target: "udp", Address: "127.61.0.4:5140", Facility: "local0", Level: "info"}}
	f, b := &c.Frontends[0], &c.Backends[0]
	f.LogFormat = "httplog"
	f.ForwardFor, f.Forward.Policy = true, conf.ForwardedReplace
	f.Capture = conf.Captures{
		Cookie:          &conf.Capture{Name: "theme", Len: 32},
		RequestHeaders:  []conf.Capture{{Name: "Host", Len: 40}, {Name: "User-Agent", Len: 64}},
		ResponseHeaders: []conf.Capture{{Name: "Server", Len: 20}},
	}
	b.Cookie = &conf.Cookie{Name: "SESSION", Mode: conf.CookiePrefix}
}

// TestNothingIsAllocatedForLogs is the same with prefix cookies, forwardfor, captures and httplog.
func TestNothingIsAllocatedForLogs(t *testing.T) {
	b := newBench(t, "127.61.0.4", 8000, 8001, everything)
	const request = "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: bench/1.0\r\nCookie: theme=dark; SESSION=A~0123456789\r\n\r\n"
	const response = "HTTP/1.1 200 OK\r\nServer: bench\r\nSet-Cookie: SESSION=0123456789; path=/\r\nContent-Length: 13\r\n\r\nhello, world\n"
	b.exchange(request, response)
	if n := testing.AllocsPerRun(1000, func() { b.exchange(request, response) }); n != 0 {
		t.Errorf("%v allocations for a request, want 0", n)
	}
	if n := b.proxy.counters[counter.Responses2xx].Load(); n < 1000 {
		t.Errorf("%d responses counted", n)
	}
}

// TestNothingIsAllocatedForConnections is the same for requests that come on a connection of their own.
func TestNothingIsAllocatedForConnections(t *testing.T) {
	newBench(t, "127.61.0.2", 8000, 8001).connectsForNothing(t, [4]byte{127, 61, 0, 2})
}

// TestNothingIsAllocatedForShortLines is the same with the guide's short line for each connection.
func TestNothingIsAllocatedForShortLines(t *testing.T) {
	b := newBench(t, "127.61.0.5", 8000, 8001, func(c *conf.Config) {
		c.Global.Log = []conf.LogTarget{{Target: "udp", Address: "127.61.0.5:5140", Facility: "local0", Level: "info"}}
	})
	b.connectsForNothing(t, [4]byte{127, 61, 0, 5})
}

// connectsForNothing says that a connection to port 8000 of addr, with one request, allocates nothing.
func (b *bench) connectsForNothing(t *testing.T, addr [4]byte) {
	t.Helper()
	const request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	b.exchange(request, benchResponse)
	to := &unix.SockaddrInet4{Port: 8000, Addr: addr}
	n := testing.AllocsPerRun(200, func() {
		unix.Close(b.client)
		b.client, _ = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err := unix.Connect(b.client, to); err != nil {
			t.Fatal(err)
		}
		b.exchange(request, benchResponse)
	})
	if n != 0 && !sock.Traced {
		t.Errorf("%v allocations for a connection, want 0", n)
	}
}

// BenchmarkRequest is one request and response over keep-alive connections, cookie included, both peers' system calls
// counted in.
func BenchmarkRequest(b *testing.B) {
	for name, tune := range map[string]func(*conf.Config){"insert": func(*conf.Config) {}, "everything": everything} {
		b.Run(name, func(b *testing.B) { benchmarkRequest(b, tune) })
	}
}

func benchmarkRequest(b *testing.B, tune func(*conf.Config)) {
	bench := newBench(b, "127.61.0.3", 8000, 8001, tune)
	bench.exchange(benchRequest, benchResponse)
	b.ReportAllocs()
	for b.Loop() {
		bench.exchange(benchRequest, benchResponse)
	}
}
