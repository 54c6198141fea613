//go:build linux

package tests

import (
	"fmt"
	"testing"

	"lbmaster/shared/counter"
	"lbmaster/shared/stats"
)

const monitorAnswer = "HTTP/1.0 200 OK\r\n\r\n"

// A load balancer in front of us asks whether we are alive (guide sections 2.1 and 2.2): it is told so without being read,
// even if no server is up. It is no request, no session, and nothing is logged.
func TestMonitorNet(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	log := newSink(t, s.place)
	s.global = log.target()
	s.listen = fmt.Sprintf("log_format = \"httplog\"\nmonitor_net = [\"%s/31\", %q]", s.place.host(150), s.place.host(153))
	b := s.run(t)
	counts, board := b.counters(), b.board()
	asks := func(last int, request string) {
		t.Helper()
		c := dialFrom(t, s.place.host(last), s.place.front())
		if request != "" {
			c.send(request)
		}
		c.expect(monitorAnswer)
		c.closedInOrder()
	}
	for _, last := range []int{150, 151, 153} {
		asks(last, "")
		asks(last, plainGet)
		asks(last, "GET / HTTP/1.1\r\nthis is no HTTP\r\n\r\n")
	}
	board.down("webA")
	asks(151, "")
	board.up("webA")
	front := stats.Row{Kind: stats.Frontend, Proxy: "web"}
	for _, c := range []counter.ID{counter.Sessions, counter.Requests, counter.Responses2xx, counter.RequestErrors} {
		if n := b.counted(counts, front, c); n != 0 {
			t.Errorf("%d %v were counted", n, c)
		}
	}
	if n := requests(origins); n != 0 {
		t.Errorf("the server got %d requests", n)
	}
	// Everybody else is served, and is the first who is logged.
	for _, last := range []int{149, 152, 154} {
		c := dialFrom(t, s.place.host(last), s.place.front())
		c.get(fmt.Sprintf("/%d", last), 200)
	}
	if n := b.counted(counts, front, counter.Requests); n != 3 {
		t.Errorf("%d requests were counted, want 3", n)
	}
	if l := log.http(); l.request != "GET /149 HTTP/1.1" {
		t.Errorf("the first line of the log is %s", l.line)
	}
}

// However many ask, and whatever they do not read, nothing is left of them.
func TestMonitorNetLeavesNothing(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.listen = fmt.Sprintf("maxconn = 5\nmonitor_net = [%q]", s.place.host(150))
	b := s.run(t)
	fds := b.fds()
	for range 50 {
		c := dialFrom(t, s.place.host(150), s.place.front())
		c.expect(monitorAnswer)
		c.Close()
	}
	if !soon(func() bool { return b.fds() <= fds }) {
		t.Errorf("%d descriptors, at first %d", b.fds(), fds)
	}
	dial(t, s.place.front()).get("/", 200)
}
