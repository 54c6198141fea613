package proxy

import (
	"strings"
	"testing"
	"time"

	"lbmaster/conf"
)

// However late the loop is, and whether it takes that for a standstill or not, what has come before it looks is in time: a wait that a
// signal has ended knows of nothing.
func TestLateLoop(t *testing.T) {
	const limit = 50 * time.Millisecond // below what is taken for a standstill
	tune := func(c *conf.Config) {
		c.Frontends[0].Timeout = conf.ClientTimeout{Client: limit, HTTPRequest: limit, HTTPKeepAlive: limit}
		c.Backends[0].Timeout = conf.ServerTimeout{Connect: limit, Server: limit}
	}
	for i, tt := range []struct {
		name  string
		late  time.Duration
		begun string // what has come of the request before; the rest comes meanwhile, or the answer
	}{
		{"an answer, a little late", limit * 3 / 2, benchRequest},
		{"an answer, very late", time.Hour, benchRequest},
		{"the rest of a request, a little late", limit * 3 / 2, benchRequest[:20]},
		{"the rest of a request, very late", time.Hour, benchRequest[:20]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, "127.61.8.30", 8000+2*i, 8001+2*i, tune)
			b.pour(b.client, tt.begun)
			b.turn()
			if rest := benchRequest[len(tt.begun):]; rest != "" {
				b.pour(b.client, rest)
			} else {
				b.origin = b.accept()
				b.drain(b.origin)
				b.pour(b.origin, benchResponse)
			}
			b.time.passes = tt.late
			b.blindTurn()
			b.turn()
			if b.origin == 0 {
				b.origin = b.accept()
				b.drain(b.origin)
				b.pour(b.origin, benchResponse)
				b.turn()
			}
			if got := b.received(); !strings.HasPrefix(got, "HTTP/1.1 200") {
				t.Errorf("the client got %q", got)
			}
		})
	}
}

// A timer whose time has come, and for which nothing has, is not put off.
func TestTimerIsNotPutOff(t *testing.T) {
	b := newBench(t, "127.61.8.31", 8000, 8001, func(c *conf.Config) { c.Frontends[0].Timeout.HTTPRequest = time.Second })
	b.pour(b.client, benchRequest[:20])
	b.turn()
	b.proxy.loop.Leap(time.Second.Milliseconds())
	for range 2 {
		b.blindTurn()
	}
	if got := b.received(); !strings.HasPrefix(got, "HTTP/1.1 408") {
		t.Errorf("the client got %q", got)
	}
}

// A standstill at work, between two waits, is not hidden by a long wait that follows: who has been asked after it has all the time.
func TestStandstillAtWork(t *testing.T) {
	b := newBench(t, "127.61.8.32", 8000, 8001, func(c *conf.Config) { c.Backends[0].Timeout.Server = 800 * time.Millisecond })
	b.pour(b.client, benchRequest)
	b.turn()
	b.origin = b.accept()
	b.time.ahead += time.Second
	b.turn()
	for range 3 {
		b.blindTurn()
	}
	b.drain(b.origin)
	b.pour(b.origin, benchResponse)
	b.turn()
	if got := b.received(); !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("the client got %q", got)
	}
}
