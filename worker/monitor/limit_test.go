package monitor

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// enter makes a connection through a limitListener.
func enter(t *testing.T, limited *limitListener) (outside net.Conn, inside *limitedConn) {
	t.Helper()
	c, err := net.Dial("unix", limited.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(fatal))
	in, err := limited.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return c, in.(*limitedConn)
}

func testListener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// TestLimitListener: a new connection replaces the one that has been idle longest, and none that is being answered.
func TestLimitListener(t *testing.T) {
	limited := newLimitListener(testListener(t))
	var outside []net.Conn
	var inside []*limitedConn
	for range maxConns {
		o, i := enter(t, limited)
		outside, inside = append(outside, o), append(inside, i)
	}
	inside[0].setBusy()
	inside[1].setBusy()
	inside[1].setIdle() // after all others
	for _, gone := range []int{2, 3} {
		enter(t, limited)
		if _, err := outside[gone].Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("connection %d: %v, want the end", gone, err)
		}
	}
	if len(limited.taken) != maxConns || len(limited.idle) != maxConns-1 {
		t.Errorf("%d connections are open, %d are idle", len(limited.taken), len(limited.idle))
	}
	for _, i := range inside {
		i.Close()
		i.Close()
	}
	if len(limited.taken) != 2 || len(limited.idle) != 2 {
		t.Errorf("after the end %d connections are open, %d are idle", len(limited.taken), len(limited.idle))
	}
}

// TestLimitListenerBusy: while all are being answered, a newcomer waits: for an answer to end, or for the end of the listener.
func TestLimitListenerBusy(t *testing.T) {
	limited := newLimitListener(testListener(t))
	var inside []*limitedConn
	for range maxConns {
		_, i := enter(t, limited)
		i.setBusy()
		inside = append(inside, i)
	}
	got := make(chan error)
	for _, end := range []func(){inside[0].setIdle, func() { inside[1].Close() }} {
		if limited.evict() {
			t.Error("somebody who is being answered had to go")
		}
		c, err := net.Dial("unix", limited.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		go func() {
			in, err := limited.Accept()
			if err == nil {
				in.(*limitedConn).setBusy()
			}
			got <- err
		}()
		end()
		if err := <-got; err != nil {
			t.Error(err)
		}
	}
	go func() { _, err := limited.Accept(); got <- err }()
	limited.Close()
	if err := <-got; err == nil {
		t.Error("the listener is closed, and a connection was accepted")
	}
}

// TestIdleCrowd: any number of connections with half a request keep nobody from an answer.
func TestIdleCrowd(t *testing.T) {
	i := newInstance(t, testConfig("127.62.3.9"), 1)
	m, _ := buildMonitor(t, i)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case call := <-m.calls:
				call()
			case <-stop:
				return
			}
		}
	}()
	for name, tt := range map[string]struct {
		serve           func(net.Listener) service
		half, ask, want string
	}{
		"socket":  {m.serveSocket, "show st", "get weight web/a\n", "1 (initial 1)"},
		"metrics": {m.serveWeb, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n", "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 "},
	} {
		l := testListener(t)
		s := tt.serve(l)
		dial := func(send string) net.Conn {
			c, err := net.Dial("unix", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			c.SetDeadline(time.Now().Add(fatal))
			io.WriteString(c, send) // one that has had to go gets nothing
			return c
		}
		var crowd []net.Conn
		for range 3 * maxConns {
			crowd = append(crowd, dial(tt.half))
		}
		answer, err := io.ReadAll(dial(tt.ask))
		if err != nil || !strings.HasPrefix(string(answer), tt.want) {
			t.Errorf("%s: %.100q, %v", name, answer, err)
		}
		// Those who came last are still there: the answer did not wait until all were thrown out.
		crowd[len(crowd)-1].SetReadDeadline(time.Now())
		if _, err := crowd[len(crowd)-1].Read(make([]byte, 1)); err == io.EOF {
			t.Errorf("%s: the newest idle connection was closed", name)
		}
		for _, c := range crowd {
			c.Close()
		}
		ctx, cancel := context.WithTimeout(context.Background(), fatal)
		s.finish(ctx)
		cancel()
	}
}
