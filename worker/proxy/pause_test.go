package proxy

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestPauseEmptiesQueues: whoever is connected when the pause comes is served, and nobody after that until it ends.
func TestPauseEmptiesQueues(t *testing.T) {
	f := start(t, "127.61.0.40", nil, noContent)
	const clients = accepts + accepts/2 // more than a turn takes
	var waiting []net.Conn
	f.do(func() { // the loop is busy meanwhile
		for range clients {
			waiting = append(waiting, f.connect())
		}
		f.proxy.Pause()
		if n := f.proxy.Sessions(); n != clients {
			t.Errorf("%d of %d connections were taken from the queue", n, clients)
		}
	})
	late := f.connect()
	for _, c := range waiting {
		wantNoContent(t, c)
	}
	f.do(func() {
		if n := f.proxy.Sessions(); n != clients {
			t.Errorf("%d sessions while paused, want %d", n, clients)
		}
		f.proxy.Resume()
	})
	wantNoContent(t, late)
}

// TestPauseBeforeActivate: a worker that is started during a pause accepts nothing until it ends.
func TestPauseBeforeActivate(t *testing.T) {
	f := start(t, "127.61.0.41", nil, noContent)
	var early net.Conn
	f.do(func() {
		early = f.connect()
		f.proxy.mode = standby
		f.proxy.Pause()
		f.proxy.Activate()
	})
	f.do(func() {
		if n := f.proxy.Sessions(); n != 0 {
			t.Errorf("%d sessions while paused", n)
		}
		f.proxy.Resume()
	})
	wantNoContent(t, early)
}

func noContent(c net.Conn, in *bufio.Reader) {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if line == "\r\n" {
			io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		}
	}
}

func (f *fixture) connect() net.Conn {
	f.t.Helper()
	c, err := net.DialTimeout("tcp4", f.addr, fatal)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { c.Close() })
	return c
}

func wantNoContent(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetDeadline(time.Now().Add(fatal))
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 204") {
		t.Errorf("answer %q, %v", line, err)
	}
}
