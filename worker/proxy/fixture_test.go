package proxy

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/faults"
	"lbmaster/shared/stats"
)

// fatal is how long anything may take before a test gives up.
const fatal = 10 * time.Second

// fixture is a running proxy with one frontend, on port 8000 of its own address, and servers that tests write by hand.
type fixture struct {
	t      *testing.T
	addr   string
	proxy  *Proxy
	stats  *stats.Stats
	faults *faults.Reader
	calls  chan func()
	bell   int
	done   chan error
	reopen chan bool // the proxy has asked for other log sockets
}

// server is what a test wants to happen on each connection that the proxy opens.
type handler func(c net.Conn, in *bufio.Reader)

// start runs a proxy at addr whose servers, "a", "b" and so on with the cookies A, B, ..., are the handlers.
func start(t *testing.T, addr string, tune func(*conf.Config), handlers ...handler) *fixture {
	t.Helper()
	c := benchConfig(addr, 0)
	c.Backends[0].Servers = nil
	for i, h := range handlers {
		port := 8001 + i
		if h != nil {
			serve(t, net.JoinHostPort(addr, itoa(port)), h)
		}
		c.Backends[0].Servers = append(c.Backends[0].Servers, conf.Server{
			Name: string(rune('a' + i)), Cookie: string(rune('A' + i)), Weight: 1,
			Address: conf.Address{IP: netip.MustParseAddr(addr), Port: port},
		})
	}
	if tune != nil {
		tune(c)
	}
	f := &fixture{t: t, addr: net.JoinHostPort(addr, "8000"), calls: make(chan func(), 16), done: make(chan error, 1), reopen: make(chan bool, 1000)}
	var err error
	if f.stats, err = stats.Create(benchRows(c), 1); err != nil {
		t.Fatal(err)
	}
	f.proxy = newProxyWith(t, Params{Reopen: func() { f.reopen <- true }}, c, f.stats)
	f.faults = showFaults(t, f.proxy, c)
	f.watchCalls()
	if err := f.proxy.Listen(0, 0, 0, listenOn(t, addr, 8000)); err != nil {
		t.Fatal(err)
	}
	f.proxy.Activate()
	go func() { f.done <- f.proxy.Run() }()
	t.Cleanup(f.stop)
	return f
}

// watchCalls lets the test call methods of the proxy, which belong to the loop.
func (f *fixture) watchCalls() {
	bell, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		f.t.Fatal(err)
	}
	f.bell = bell
	err = f.proxy.loop.Watch(bell, func() {
		var n [8]byte
		unix.Read(bell, n[:])
		for {
			select {
			case call := <-f.calls:
				call()
			default:
				return
			}
		}
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// do calls fn on the loop and waits for it.
func (f *fixture) do(fn func()) {
	f.t.Helper()
	finished := make(chan struct{})
	f.calls <- func() { fn(); close(finished) }
	unix.Write(f.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	select {
	case <-finished:
	case <-time.After(fatal):
		f.t.Fatal("the loop does not answer")
	}
}

func (f *fixture) stop() {
	f.calls <- f.proxy.Stop
	unix.Write(f.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	select {
	case err := <-f.done:
		if err != nil {
			f.t.Error(err)
		}
	case <-time.After(fatal):
		f.t.Error("the loop does not stop")
	}
	unix.Close(f.bell)
	if n := f.proxy.worker.Pools.Buffers.Taken(); n != 0 {
		f.t.Errorf("%d buffers were not given back", n)
	}
	if n := f.stats.SessionsNow(0); n != 0 {
		f.t.Errorf("%d sessions are still counted", n)
	}
}

// ends waits until the loop has ended by itself.
func (f *fixture) ends() {
	f.t.Helper()
	select {
	case err := <-f.done:
		f.done <- err
	case <-time.After(fatal):
		f.t.Fatal("the loop does not end")
	}
}

// serve runs h for every connection to addr until the test ends.
func serve(t *testing.T, addr string, h handler) {
	t.Helper()
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	var conns sync.Map
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Store(c, nil)
			running.Go(func() {
				defer c.Close()
				h(c, bufio.NewReader(c))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		conns.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		running.Wait()
	})
}

// client is a raw connection to the proxy.
type client struct {
	t *testing.T
	*net.TCPConn
	in *bufio.Reader
}

func (f *fixture) dial() *client {
	f.t.Helper()
	c, err := net.DialTimeout("tcp4", f.addr, fatal)
	if err != nil {
		f.t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(fatal))
	f.t.Cleanup(func() { c.Close() })
	return &client{f.t, c.(*net.TCPConn), bufio.NewReader(c)}
}

func (c *client) send(s string) {
	c.t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		c.t.Fatal(err)
	}
}

// want reads exactly s.
func (c *client) want(s string) {
	c.t.Helper()
	got := make([]byte, len(s))
	n, err := io.ReadFull(c.in, got)
	if err != nil || string(got) != s {
		c.t.Fatalf("got %q, %v\nwant %q", got[:n], err, s)
	}
}

// wantEnd reads until the proxy ends the connection, and returns what came.
func (c *client) wantEnd() string {
	c.t.Helper()
	got, err := io.ReadAll(c.in)
	if err != nil {
		c.t.Fatalf("got %q, %v; want an orderly end", got, err)
	}
	return string(got)
}

// head reads a request's or response's head.
func head(in *bufio.Reader) string {
	var all []byte
	for {
		line, err := in.ReadSlice('\n')
		all = append(all, line...)
		if err != nil || len(line) == 2 {
			return string(all)
		}
	}
}

func itoa(n int) string {
	return string(rune('0'+n/1000)) + string(rune('0'+n/100%10)) + string(rune('0'+n/10%10)) + string(rune('0'+n%10))
}
