//go:build linux

package tests

import (
	"io"
	"math"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// meter is a server that knows how many requests it is asked at the same time, and how many that may be.
type meter struct {
	room     atomic.Int64 // how many it may be
	running  atomic.Int64
	most     atomic.Int64 // at the same time, since somebody has set it to 0
	over, by atomic.Int64 // how often there were too many, and how many at most
}

// startMeter starts one, for now with room for everybody. Who asks for /idle or an upgrade has a place of its own, and does not count.
func startMeter(t *testing.T, addr string) *meter {
	t.Helper()
	g := new(meter)
	g.room.Store(math.MaxInt64)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: g}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return g
}

func (g *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Origin", "meter")
	switch {
	case r.Header.Get("Upgrade") != "":
		echoUpgraded(w)
	case r.URL.Path != "/idle":
		n := g.running.Add(1)
		raise(&g.most, n)
		if room := g.room.Load(); n > room {
			g.over.Add(1)
			raise(&g.by, n-room)
		}
		<-time.After(10 * time.Millisecond) // so long the work takes
		g.running.Add(-1)                   // before anybody can know that it is done
	}
}

// echoUpgraded accepts an upgrade and sends back what comes.
func echoUpgraded(w http.ResponseWriter) {
	c, in, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	_, _ = io.Copy(c, in)
}

// raise makes a number n if it is less.
func raise(to *atomic.Int64, n int64) {
	for old := to.Load(); n > old && !to.CompareAndSwap(old, n); old = to.Load() {
	}
}
