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

// enter makes a connection through a gate.
func enter(t *testing.T, g *gate) (outside net.Conn, inside *guest) {
	t.Helper()
	c, err := net.Dial("unix", g.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(fatal))
	in, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return c, in.(*guest)
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

// TestGate: a newcomer gets the place of whoever has been silent longest, and of nobody who is being answered.
func TestGate(t *testing.T) {
	g := newGate(testListener(t))
	var outside []net.Conn
	var inside []*guest
	for range guests {
		o, i := enter(t, g)
		outside, inside = append(outside, o), append(inside, i)
	}
	inside[0].speak()
	inside[1].speak()
	inside[1].fallSilent() // after all others
	for _, gone := range []int{2, 3} {
		enter(t, g)
		if _, err := outside[gone].Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("guest %d: %v, want the end", gone, err)
		}
	}
	if len(g.free) != guests || len(g.silent) != guests-1 {
		t.Errorf("%d places are taken, %d guests are silent", len(g.free), len(g.silent))
	}
	for _, i := range inside {
		i.Close()
		i.Close()
	}
	if len(g.free) != 2 || len(g.silent) != 2 {
		t.Errorf("after the end %d places are taken, %d guests are silent", len(g.free), len(g.silent))
	}
}

// TestGateOfBusy: while all are being answered, a newcomer waits: for an answer to end, or for the end of the listener.
func TestGateOfBusy(t *testing.T) {
	g := newGate(testListener(t))
	var inside []*guest
	for range guests {
		_, i := enter(t, g)
		i.speak()
		inside = append(inside, i)
	}
	got := make(chan error)
	for _, end := range []func(){inside[0].fallSilent, func() { inside[1].Close() }} {
		if g.evict() {
			t.Error("somebody who is being answered had to go")
		}
		c, err := net.Dial("unix", g.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		go func() {
			in, err := g.Accept()
			if err == nil {
				in.(*guest).speak()
			}
			got <- err
		}()
		end()
		if err := <-got; err != nil {
			t.Error(err)
		}
	}
	go func() { _, err := g.Accept(); got <- err }()
	g.Close()
	if err := <-got; err == nil {
		t.Error("the gate is closed, and somebody got in")
	}
}

// TestSilentCrowd: any number of connections with half a request keep nobody from an answer.
func TestSilentCrowd(t *testing.T) {
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
		serve           func(net.Listener) host
		half, ask, want string
	}{
		"socket":  {m.serveSocket, "show st", "get weight web/a\n", "1 (initial 1)"},
		"metrics": {m.serveWeb, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n", "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 "},
	} {
		l := testListener(t)
		h := tt.serve(l)
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
		for range 3 * guests {
			crowd = append(crowd, dial(tt.half))
		}
		answer, err := io.ReadAll(dial(tt.ask))
		if err != nil || !strings.HasPrefix(string(answer), tt.want) {
			t.Errorf("%s: %.100q, %v", name, answer, err)
		}
		// Those who came last are still there: the answer did not wait until all were thrown out.
		crowd[len(crowd)-1].SetReadDeadline(time.Now())
		if _, err := crowd[len(crowd)-1].Read(make([]byte, 1)); err == io.EOF {
			t.Errorf("%s: the youngest silent guest had to go", name)
		}
		for _, c := range crowd {
			c.Close()
		}
		ctx, cancel := context.WithTimeout(context.Background(), fatal)
		h.finish(ctx)
		cancel()
	}
}
