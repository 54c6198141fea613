package proxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/counter"
	"lbmaster/worker/exchange/relay"
	"lbmaster/worker/sock"
)

// relays makes a configuration one of mode tcp.
func relays(c *conf.Config) {
	c.Frontends[0].Mode, c.Backends[0].Mode = conf.ModeTCP, conf.ModeTCP
	c.Backends[0].Cookie = nil
	c.Backends[0].Retries = 0
}

// also is one change of a configuration after another.
func also(tunes ...func(*conf.Config)) func(*conf.Config) {
	return func(c *conf.Config) {
		for _, tune := range tunes {
			tune(c)
		}
	}
}

// says greets with a line, and then answers each line with itself behind its name.
func says(name string) handler {
	return func(c net.Conn, in *bufio.Reader) {
		io.WriteString(c, "I am "+name+"\n")
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			io.WriteString(c, name+": "+line)
		}
	}
}

// idles proves that the loop holds no buffer and no pipe's content, although sessions are there.
func (f *fixture) idles(sessions int) {
	f.t.Helper()
	f.do(func() {
		p := f.proxy
		if p.Sessions() != sessions || p.worker.Pools.Buffers.Taken() != 0 || p.worker.Pools.Pipes.Taken() != 0 {
			f.t.Errorf("%d sessions hold %d buffers and %d pipes", p.Sessions(), p.worker.Pools.Buffers.Taken(), p.worker.Pools.Pipes.Taken())
		}
	})
}

// TestRelay: either side may speak first, and may end its side first.
func TestRelay(t *testing.T) {
	f := start(t, "127.61.3.1", relays, says("a"), says("b"))
	var clients []*client
	for _, name := range []string{"a", "b", "a"} {
		c := f.dial()
		c.want("I am " + name + "\n")
		c.send("hello\n")
		c.want(name + ": hello\n")
		clients = append(clients, c)
	}
	f.idles(3)
	for _, c := range clients {
		c.send("last\n")
		c.CloseWrite()
		if got := c.wantEnd(); !strings.HasSuffix(got, ": last\n") {
			t.Errorf("got %q", got)
		}
	}
}

// TestRelayKeepsHalves: after one side has ended, the other one goes on for as long as it wants.
func TestRelayKeepsHalves(t *testing.T) {
	for i, first := range []string{"client", "server"} {
		t.Run(first, func(t *testing.T) {
			got := make(chan string, 1)
			f := start(t, fmt.Sprintf("127.61.3.%d", 2+i), relays, func(c net.Conn, in *bufio.Reader) {
				if first == "server" {
					c.(*net.TCPConn).CloseWrite()
				}
				all, _ := io.ReadAll(in)
				got <- string(all)
				io.WriteString(c, "the server's rest")
			})
			c := f.dial()
			if first == "server" {
				if end := c.wantEnd(); end != "" {
					t.Errorf("got %q", end)
				}
			}
			for range 3 {
				c.send("the client's rest\n")
				f.do(func() {}) // it has been passed on, or will be in the next turn
			}
			c.CloseWrite()
			if all := <-got; all != strings.Repeat("the client's rest\n", 3) {
				t.Errorf("the server got %q", all)
			}
			if first == "client" && c.wantEnd() != "the server's rest" {
				t.Error("the server's rest is lost")
			}
		})
	}
}

// isReset says whether a connection's error is that of a reset.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// TestRelayPassesResets: whatever the other side has done before, it learns of a reset as a reset, after the bytes that came
// before.
func TestRelayPassesResets(t *testing.T) {
	for i, tt := range []struct {
		name       string
		byServer   bool
		endsFirst  bool // the side that resets has ended its own side before
		otherEnded bool // the other side had ended its own
	}{
		{name: "client"},
		{name: "client after the server's end", otherEnded: true},
		{name: "client after its own end", endsFirst: true},
		{name: "server", byServer: true},
		{name: "server after the client's end", byServer: true, otherEnded: true},
		{name: "server after its own end", byServer: true, endsFirst: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			servers := make(chan *net.TCPConn, 1)
			gone := make(chan bool)
			f := start(t, fmt.Sprintf("127.61.3.%d", 4+i), relays, func(c net.Conn, _ *bufio.Reader) {
				servers <- c.(*net.TCPConn)
				<-gone
			})
			defer close(gone)
			c := f.dial()
			server := <-servers
			server.SetDeadline(time.Now().Add(fatal))
			resets, other := c.TCPConn, server
			if tt.byServer {
				resets, other = server, c.TCPConn
			}
			if tt.otherEnded {
				other.CloseWrite()
				io.ReadFull(resets, make([]byte, 1))
			}
			io.WriteString(resets, "last words")
			got := make([]byte, 100)
			n, err := io.ReadFull(other, got[:10])
			if string(got[:n]) != "last words" {
				t.Fatalf("got %q, %v", got[:n], err)
			}
			if tt.endsFirst {
				resets.CloseWrite()
				if _, err := other.Read(got); err != io.EOF {
					t.Fatalf("%v instead of the end", err)
				}
			}
			resets.SetLinger(0)
			resets.Close()
			if tt.endsFirst { // the end has been read: only the next write tells
				for err = nil; err == nil; {
					_, err = other.Write([]byte("x"))
				}
			} else {
				_, err = other.Read(got)
			}
			if !isReset(err) {
				t.Errorf("%v instead of a reset", err)
			}
			f.await("both sides are gone", func() bool { return f.proxy.Sessions() == 0 })
			counters := f.proxy.frontends[0].Counters
			if a, b := counters[counter.ClientAborts].Load(), counters[counter.ServerAborts].Load(); a+b != 1 || b == 1 != tt.byServer {
				t.Errorf("%d client aborts, %d server aborts", a, b)
			}
		})
	}
}

// await asks the loop again and again whether ok holds.
func (f *fixture) await(what string, ok func() bool) {
	f.t.Helper()
	holds := false
	for begin := time.Now(); !holds; {
		f.do(func() { holds = ok() })
		if time.Since(begin) > fatal {
			f.t.Fatalf("not yet: %s", what)
		}
	}
}

// TestRelayLarge sends a lot both ways at once. It is spliced, and afterwards nothing is held but the connection.
func TestRelayLarge(t *testing.T) {
	up, down := noise(1, 30_000_000), noise(2, 20_000_001)
	got := make(chan error, 1)
	f := start(t, "127.61.3.11", relays, func(c net.Conn, in *bufio.Reader) {
		go c.Write(down)
		got <- reads(in, up)
		io.WriteString(c, "done")
		in.ReadByte()
	})
	c := f.dial()
	go c.Write(up)
	if err := reads(c.in, down); err != nil {
		t.Errorf("to the client: %v", err)
	}
	if err := <-got; err != nil {
		t.Errorf("to the server: %v", err)
	}
	c.want("done")
	f.idles(1)
	f.do(func() {
		if !f.proxy.worker.Pools.Pipes.Trim(0) {
			t.Error("no pipe was used")
		}
	})
	c.Close()
	f.await("the session ends", func() bool { return f.proxy.Sessions() == 0 })
	if c := f.proxy.frontends[0].Counters; c[counter.BytesIn].Load() != 30_000_000 || c[counter.BytesOut].Load() != 20_000_001+4 {
		t.Errorf("%d bytes in, %d out", c[counter.BytesIn].Load(), c[counter.BytesOut].Load())
	}
}

// TestRelayWithoutPipes: when there is none to be had, bytes are copied.
func TestRelayWithoutPipes(t *testing.T) {
	down := noise(3, 10_000_000)
	f := start(t, "127.61.3.12", relays, func(c net.Conn, in *bufio.Reader) {
		in.ReadByte()
		c.Write(down)
	})
	f.do(func() { f.proxy.worker.Pools.Pipes.Limit(0) })
	c := f.dial()
	c.send("x")
	if err := reads(c.in, down); err != nil {
		t.Error(err)
	}
	c.wantEnd()
}

func noise(seed byte, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// reads reads exactly want.
func reads(r io.Reader, want []byte) error {
	got := make([]byte, len(want))
	n, err := io.ReadFull(r, got)
	if err != nil || !slices.Equal(got, want) {
		return fmt.Errorf("%d of %d bytes, equal %v: %w", n, len(want), slices.Equal(got, want), err)
	}
	return nil
}

// TestTunnelIsRelay: a tunnel gives the heads back, and is as lean as a relay.
func TestTunnelIsRelay(t *testing.T) {
	f := start(t, "127.61.3.13", nil, func(c net.Conn, in *bufio.Reader) {
		head(in)
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nearly")
		says("a")(c, in)
	})
	c := f.dial()
	c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
	for line := ""; line != "\r\n"; {
		line, _ = c.in.ReadString('\n')
	}
	c.want("earlyI am a\n")
	f.idles(1)
	f.do(func() {
		s := f.proxy.sessions.At(0)
		if _, ok := s.exchange.(*relay.Relay); !ok || s.state != exchanging {
			t.Errorf("%v, with a %T", s.state, s.exchange)
		}
		if heads, _ := f.proxy.http.Exchanges(); heads != 0 {
			t.Errorf("%d heads are kept", heads)
		}
	})
	c.SetLinger(0)
	c.Close()
	f.await("the session ends", func() bool { return f.proxy.Sessions() == 0 })
}

// TestRelayReachesAnother: a server that cannot be reached is tried again, and then another one, as in mode http.
func TestRelayReachesAnother(t *testing.T) {
	f := start(t, "127.61.3.14", also(relays, func(c *conf.Config) {
		c.Backends[0].Retries, c.Backends[0].Redispatch = 1, true
	}), nil, says("b"))
	c := f.dial()
	c.send("hello\n") // before there is a server
	c.want("I am b\nb: hello\n")
	b := f.proxy.backends[0].Counters
	if b[counter.Redispatches].Load() != 1 || b[counter.Retries].Load() != 1 {
		t.Errorf("%d retries, %d redispatches", b[counter.Retries].Load(), b[counter.Redispatches].Load())
	}
}

// TestRelayUnserved: without a server the connection is closed, and nothing is said.
func TestRelayUnserved(t *testing.T) {
	f := start(t, "127.61.3.15", relays, nil)
	if got := f.dial().wantEnd(); got != "" {
		t.Errorf("got %q", got)
	}
	if n := f.proxy.backends[0].Counters[counter.ConnectErrors].Load(); n != 1 {
		t.Errorf("%d connect errors", n)
	}
}

// TestWhereServersAre: mapped ports, source addresses and dispatch, in both modes.
func TestWhereServersAre(t *testing.T) {
	tells := func(c net.Conn, in *bufio.Reader) {
		if strings.HasPrefix(head(in), "GET") {
			io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
		}
		fmt.Fprintf(c, "%v to %v\n", c.RemoteAddr().(*net.TCPAddr).IP, c.LocalAddr())
	}
	for i, tt := range []struct {
		name string
		tune func(c *conf.Config, addr string)
		want string // $A: the address
	}{
		{"mapped", func(c *conf.Config, addr string) {
			c.Backends[0].Servers[0].Address = conf.Address{IP: netip.MustParseAddr(addr), Mapped: true, Port: 1}
		}, "127.0.0.1 to $A:8001"},
		{"source", func(c *conf.Config, addr string) {
			c.Backends[0].Source = &conf.Source{IP: netip.MustParseAddr("127.61.3.99")}
		}, "127.61.3.99 to $A:8001"},
		{"source of the server", func(c *conf.Config, addr string) {
			c.Backends[0].Source = &conf.Source{IP: netip.MustParseAddr("127.61.3.99")}
			c.Backends[0].Servers[0].Source = &conf.Source{IP: netip.MustParseAddr("127.61.3.98"), Port: 8300}
		}, "127.61.3.98 to $A:8001"},
		{"dispatch", func(c *conf.Config, addr string) {
			c.Backends[0].Servers = nil
			c.Backends[0].Dispatch = &conf.Address{IP: netip.MustParseAddr(addr), Port: 8001}
		}, "127.0.0.1 to $A:8001"},
	} {
		for j, mode := range []string{"GET / HTTP/1.0\r\n\r\n", "hello\r\n\r\n"} {
			t.Run(tt.name+" "+mode[:3], func(t *testing.T) {
				addr := fmt.Sprintf("127.61.4.%d", 1+2*i+j)
				f := start(t, addr, func(c *conf.Config) {
					c.Backends[0].Cookie = nil
					if j == 1 {
						relays(c)
					}
					tt.tune(c, addr)
				}, tells)
				c := f.dial()
				c.send(mode)
				got := c.wantEnd()
				if want := strings.ReplaceAll(tt.want, "$A", addr) + "\n"; !strings.HasSuffix(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

// TestMappedPortOutOfRange: there is no such server.
func TestMappedPortOutOfRange(t *testing.T) {
	f := start(t, "127.61.3.19", also(relays, func(c *conf.Config) {
		c.Backends[0].Servers[0].Address = conf.Address{IP: netip.MustParseAddr("127.61.3.19"), Mapped: true, Port: -8000}
	}), says("a"))
	if got := f.dial().wantEnd(); got != "" {
		t.Errorf("got %q", got)
	}
}

// TestMonitorsOfRelays: connections that only look whether we are alive are closed at once, and count for nothing.
func TestMonitorsOfRelays(t *testing.T) {
	f := start(t, "127.61.3.20", also(relays, func(c *conf.Config) {
		c.Frontends[0].MonitorNet = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	}), says("a"))
	if got := f.dial().wantEnd(); got != "" {
		t.Errorf("got %q", got)
	}
	if n := f.proxy.counters[counter.Sessions].Load() + f.proxy.backends[0].Counters[counter.Requests].Load(); n != 0 {
		t.Errorf("%d counted", n)
	}
}

// TestHealth: a frontend that only tells that we are alive.
func TestHealth(t *testing.T) {
	for i, want := range []string{"OK\n", "HTTP/1.0 200 OK\r\n\r\n"} {
		f := start(t, fmt.Sprintf("127.61.3.%d", 21+i), func(c *conf.Config) {
			c.Frontends[0].Mode, c.Frontends[0].Backend, c.Backends = conf.ModeHealth, "", nil
			c.Frontends[0].HealthHTTP = i == 1
		})
		c := f.dial()
		c.send("anything")
		if got := c.wantEnd(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestNothingIsAllocatedForRelays holds the loop to its promise for connections in mode tcp.
func TestNothingIsAllocatedForRelays(t *testing.T) {
	b := newBench(t, "127.61.3.30", 8000, 8001, relays)
	to := &unix.SockaddrInet4{Port: 8000, Addr: [4]byte{127, 61, 3, 30}}
	relay := func() {
		b.write(b.client, "hello")
		b.turn()
		n, _, e := syscall.Syscall6(unix.SYS_ACCEPT4, uintptr(b.server), 0, 0, unix.SOCK_CLOEXEC, 0, 0) // unix.Accept4 allocates
		if e != 0 {
			t.Fatal(e)
		}
		origin := int(n)
		b.read(origin)
		b.write(origin, "hello back")
		b.turn()
		b.read(b.client)
		unix.Close(origin)
		b.turn()
		unix.Shutdown(b.client, unix.SHUT_WR)
		b.turn()
		unix.Close(b.client)
		b.client, _ = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err := unix.Connect(b.client, to); err != nil {
			t.Fatal(err)
		}
	}
	relay()
	if n := testing.AllocsPerRun(200, relay); n != 0 && !sock.Traced {
		t.Errorf("%v allocations for a connection, want 0", n)
	}
	if n := b.proxy.Sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}
