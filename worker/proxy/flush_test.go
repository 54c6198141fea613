package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/counter"
)

// slowly connects a client whose kernel takes little at a time.
func (f *fixture) slowly() *client {
	f.t.Helper()
	d := net.Dialer{Timeout: fatal, Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4096) })
	}}
	c, err := d.Dial("tcp4", f.addr)
	if err != nil {
		f.t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(fatal))
	f.t.Cleanup(func() { c.Close() })
	return &client{f.t, c.(*net.TCPConn), bufio.NewReader(c)}
}

// TestIncompleteResponse: a client gets all that a server had sent before it failed, and does not take it for the whole.
func TestIncompleteResponse(t *testing.T) {
	const size = 500_000 // more than the client's kernel takes, less than ours
	data := strings.Repeat("x", size)
	const length, chunked, untilClose = "Content-Length: 600000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n", "\r\n"
	chunk := fmt.Sprintf("%x\r\n%s\r\n", size, data)
	for i, tt := range []struct {
		name    string
		version string // of the client
		answer  string
		stalls  bool // the server does; else it ends
		state   state
		want    string // of the body
	}{
		{"length, end", "1.1", length + data, false, lingering, data},
		{"length, time", "1.1", length + data, true, lingering, data},
		{"length, old client", "1.0", length + data, false, lingering, data},
		{"chunks, end", "1.1", chunked + chunk + "1", false, lingering, chunk + "1"},
		{"chunks, time", "1.1", chunked + chunk, true, lingering, chunk},
		{"chunks, broken", "1.1", chunked + chunk + "3\r\nabc\r\nzz\r\n", true, lingering, chunk + "3\r\nabc\r\n"},
		{"chunks, broken, old client", "1.0", chunked + chunk + "3\r\nabcd\r\n", true, flushing, data + "abc"},
		{"chunks, end, old client", "1.0", chunked + chunk, false, flushing, data},
		{"until close, time", "1.1", untilClose + data, true, flushing, data},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			done := make(chan bool)
			defer close(done)
			f := start(t, fmt.Sprintf("127.61.12.%d", i+1), func(c *conf.Config) { c.Backends[0].Timeout.Server = 300 * time.Millisecond },
				func(c net.Conn, in *bufio.Reader) {
					head(in)
					io.WriteString(c, "HTTP/1.1 200 OK\r\n"+tt.answer)
					if tt.stalls {
						<-done
					}
				})
			c := f.slowly()
			c.send("GET / HTTP/" + tt.version + "\r\nHost: a\r\n\r\n")
			f.await("the server has failed", func() bool { return f.proxy.sessions.At(0) != nil && f.proxy.sessions.At(0).state == tt.state })
			h := head(c.in)
			if strings.Contains(h, "chunked") != (tt.version == "1.1" && strings.HasPrefix(tt.answer, chunked)) {
				t.Errorf("the client got %q", h)
			}
			got, err := io.ReadAll(c.in)
			if string(got) != tt.want {
				t.Errorf("%d bytes, want %d", len(got), len(tt.want))
			}
			if tt.state == lingering && err != nil || tt.state == flushing && !isReset(err) {
				t.Errorf("then %v", err)
			}
			c.Close()
			f.await("the session ends", func() bool { return f.proxy.Sessions() == 0 })
		})
	}
}

// TestBlockedByReset: what a peer of a relay had sent before it reset its connection arrives, and then the reset. A peer that takes
// nothing is not waited for beyond its time.
func TestBlockedByReset(t *testing.T) {
	for i, tt := range []struct {
		name     string
		byServer bool
		reads    bool
	}{
		{"client", false, true},
		{"server", true, true},
		{"client, and the server takes nothing", false, false},
		{"server, and the client takes nothing", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			servers, gone := make(chan *net.TCPConn, 1), make(chan bool)
			defer close(gone)
			f := start(t, fmt.Sprintf("127.61.12.%d", i+31), also(relays, func(c *conf.Config) {
				if !tt.reads {
					c.Backends[0].Timeout.Server, c.Frontends[0].Timeout.Client = 100*time.Millisecond, 100*time.Millisecond
				}
			}), func(c net.Conn, _ *bufio.Reader) { servers <- c.(*net.TCPConn); <-gone })
			c := f.slowly()
			server := <-servers
			resets, other := c.TCPConn, server
			if tt.byServer {
				resets, other = server, c.TCPConn
			}
			much := make([]byte, 100<<20) // which takes a while
			resets.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
			if n, err := resets.Write(much); n == len(much) {
				t.Fatalf("the relay takes everything: %v", err)
			}
			resets.SetLinger(0)
			resets.Close()
			if !tt.reads {
				f.await("the session ends", func() bool { return f.proxy.Sessions() == 0 })
				return
			}
			f.await("the reset is seen", func() bool {
				s := f.proxy.sessions.At(0)
				return s.client.Reset || s.exchange.Base().Link.Reset
			})
			other.SetDeadline(time.Now().Add(fatal))
			n, err := io.Copy(io.Discard, other)
			if !isReset(err) {
				t.Errorf("%v instead of a reset", err)
			}
			f.await("the session ends", func() bool { return f.proxy.Sessions() == 0 })
			row := f.proxy.frontends[0].Counters
			if passed := int64(row[counter.BytesIn].Load() + row[counter.BytesOut].Load()); n < 1<<20 || n != passed {
				t.Errorf("%d bytes arrived, %d were passed on", n, passed)
			}
		})
	}
}
