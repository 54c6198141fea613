package monitor

import (
	"bufio"
	"context"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestRetire: a conversation that is open when another generation takes over is finished. What comes soon is answered, but
// nothing is changed any more; then it ends in order. Nobody else is let in.
func TestRetire(t *testing.T) { synctest.Test(t, testRetire) }

func testRetire(t *testing.T) {
	m, _ := buildMonitor(t, newInstance(t, testConfig("127.62.3.10"), 1))
	m.activate(time.Now().Add(time.Hour))
	l := newPipes()
	m.services = append(m.services, m.serveSocket(l))
	left := make(chan struct{})
	retire := make(chan struct{})
	go func() {
		defer close(left)
		for {
			select {
			case call := <-m.calls:
				call()
			case <-retire:
				m.retire()
				m.retire()
				retire = nil
			case <-m.finished:
				return
			}
		}
	}()
	c, err := l.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(fatal))
	r := bufio.NewReader(c)
	ask := func(line, want string) {
		t.Helper()
		io.WriteString(c, line+"\n")
		if got, err := r.ReadString('>'); err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %q, %v; want %q", line, got, err, want)
		}
	}
	ask("prompt", "")
	ask("get weight web/a", "1 (initial 1)")
	retire <- struct{}{}
	ask("set server web/a weight 5;", replacedText)
	ask("get weight web/a", "1 (initial 1)")
	if rest, err := io.ReadAll(r); err != nil || strings.TrimSpace(string(rest)) != "" {
		t.Errorf("at the end: %q, %v", rest, err)
	}
	select {
	case <-left:
	case <-time.After(fatal):
		t.Error("the monitor does not leave")
	}
	if _, err := l.dial(); err == nil {
		t.Error("somebody is let in")
	}
	if m.schedule != nil {
		t.Error("it goes on checking")
	}
}

// TestRetireHasAnEnd: whoever does not take an answer does not keep the monitor.
func TestRetireHasAnEnd(t *testing.T) {
	m := newMonitor(-1, nil)
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	s := m.serveSocket(l)
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "prompt\n")
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil { // it is in
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	s.finish(ctx)
	if ctx.Err() == nil {
		t.Error("it ended although somebody was there")
	}
}
