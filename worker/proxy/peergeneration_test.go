package proxy

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/stats"
	"lbmaster/worker/exchange"
)

// addPeer makes f count the sessions of an older generation, whose counters those of old are.
func (f *fixture) addPeer(generation int, old *fixture) {
	f.t.Helper()
	fd, err := unix.FcntlInt(uintptr(old.stats.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		f.t.Fatal(err)
	}
	counters, err := stats.Open(fd)
	if err != nil {
		f.t.Fatal(err)
	}
	f.do(func() {
		if err := f.proxy.AddPeerGeneration(generation, counters); err != nil {
			f.t.Error(err)
		}
	})
}

// waits proves that a connection is not accepted while f goes on.
func (f *fixture) waits(sessions int) {
	f.t.Helper()
	for range 3 {
		f.do(func() {
			if n := f.proxy.Sessions(); n != sessions {
				f.t.Errorf("%d sessions, want %d", n, sessions)
			}
		})
	}
}

// TestPeerGeneration: the sessions of an older generation count for both limits, as long as they live; when they end, and when the
// whole generation has ended, those who wait are accepted.
func TestPeerGeneration(t *testing.T) {
	for i, limit := range []func(*conf.Config){
		func(c *conf.Config) { c.Global.Maxconn = 3 },
		func(c *conf.Config) { c.Frontends[0].Maxconn = 3 },
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			old := start(t, fmt.Sprintf("127.62.200.%d", 1+2*i), nil, noContent)
			next := start(t, fmt.Sprintf("127.62.200.%d", 2+2*i), limit, noContent)
			first, second := old.connect(), old.connect()
			wantNoContent(t, first)
			wantNoContent(t, second)
			next.addPeer(1, old)
			next.addPeer(1, old) // a message that comes twice does no harm
			wantNoContent(t, next.connect())
			third := next.connect()
			next.waits(1)
			first.Close()
			wantNoContent(t, third)
			fourth := next.connect()
			next.waits(2)
			old.stats.Vacate(0) // as the master does for a worker that is dead
			wantNoContent(t, fourth)
			count := func(n int64) {
				old.stats.Gauges(0, 0).Sessions.Store(n)
				old.stats.Gauges(0, 1).Sessions.Store(n)
			}
			count(9)
			third.Close()
			fifth := next.connect()
			next.await("a reservation", func() bool { return next.proxy.Sessions() == 2 })
			next.waits(2)
			next.do(func() {
				if err := next.proxy.RemovePeerGeneration(1); err != nil {
					t.Error(err)
				}
			})
			wantNoContent(t, fifth)
			count(1) // the second one is still there
		})
	}
}

// TestPeerGenerationWithoutOurFrontend: what an older generation has, and we have not, counts for the instance only.
func TestPeerGenerationWithoutOurFrontend(t *testing.T) {
	old := start(t, "127.62.200.5", func(c *conf.Config) { c.Frontends[0].Name = "other" }, noContent)
	next := start(t, "127.62.200.6", func(c *conf.Config) { c.Global.Maxconn, c.Frontends[0].Maxconn = 3, 1 }, noContent)
	for range 2 {
		wantNoContent(t, old.connect())
	}
	next.addPeer(1, old)
	first := next.connect()
	wantNoContent(t, first)
	second := next.connect()
	next.waits(1)
	first.Close()
	wantNoContent(t, second)
}

// TestTransit: a connection that is on its way to the successor keeps its reservation here until the successor has counted it, or is gone, or
// says nothing.
func TestTransit(t *testing.T) {
	for i, tt := range []struct {
		name   string
		answer func(channel int)
	}{
		{"confirmed", func(channel int) { _ = control.Confirm(channel, 2) }},
		{"gone", func(channel int) { unix.Close(channel) }},
		{"silent", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := start(t, fmt.Sprintf("127.62.201.%d", 1+i), nil, noContent)
			for range 2 {
				wantNoContent(t, f.connect())
			}
			mine, theirs, err := control.Pair()
			if err != nil {
				t.Fatal(err)
			}
			f.do(func() { f.proxy.HandOver(mine, [][]control.Place{{control.PlaceOf(control.Shard{})}}, nil) })
			f.await("hand-over", func() bool { return f.proxy.Sessions() == 0 })
			f.do(func() {
				if n := f.stats.SessionsNow(0); n != 2 || f.stats.SessionsNow(1) != 2 {
					t.Errorf("%d reservations are kept, want 2", n)
				}
			})
			if tt.answer != nil {
				tt.answer(theirs)
			} else {
				f.do(func() { f.proxy.loop.Leap(confirmTime.Milliseconds()) })
			}
			f.ends()
			if n := f.stats.SessionsNow(0); n != 0 || f.stats.SessionsNow(1) != 0 {
				t.Errorf("%d reservations are kept at the end", n)
			}
			if tt.name != "gone" {
				unix.Close(theirs)
			}
		})
	}
}

// Generations are counted from the oldest to the youngest, wherever this one is among them and in whatever order it hears of
// the others.
func TestPeerGenerationsInOrder(t *testing.T) {
	c := benchConfig("127.0.0.1", 8001)
	mine, err := stats.Create(benchRows(c), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mine.Close() })
	p := newProxy(t, c, mine, 0)
	p.generation = 3
	for _, generation := range []int{4, 1, 2} {
		others, err := stats.Create(benchRows(c), 1)
		if err != nil {
			t.Fatal(err)
		}
		others.Gauges(0, exchange.Row).Sessions.Store(int64(generation))
		if err := p.AddPeerGeneration(generation, others); err != nil {
			t.Fatal(err)
		}
	}
	mine.Gauges(0, exchange.Row).Sessions.Store(30)
	if n := p.sessionsNow(exchange.Row); n != 1+2+30+4 {
		t.Errorf("%d sessions", n)
	}
	if older, newer := p.generationsByAge(); older[0].generation != 1 || older[1].generation != 2 || newer[0].generation != 4 {
		t.Errorf("older %v, newer %v", older, newer)
	}
}
