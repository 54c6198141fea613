//go:build linux

package tests

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// newGraceSite runs a site of which one section leaves at once in a soft stop, and others live on for their grace.
func newGraceSite(t *testing.T, graces ...string) *balancer {
	t.Helper()
	s, _ := newSite(t, 1)
	return s.runWithGraces(t, graces...)
}

func (s site) runWithGraces(t *testing.T, graces ...string) *balancer {
	t.Helper()
	s.workers = 2
	for i, grace := range graces {
		s.tail += fmt.Sprintf("[listen.grace%d]\nbind = %q\nmode = \"http\"\ngrace = %q\nserver = [{ name = \"webA\", address = %q }]\n",
			i, s.place.addr(2, 8080+i), grace, s.place.server(0))
	}
	return s.run(t)
}

// The guide, section 5.4.4: in a soft stop each listener lives on for its own grace, and serves as before.
func TestGrace(t *testing.T) {
	t.Parallel()
	b := newGraceSite(t, "1s", "5s")
	first, second := b.place.addr(2, 8080), b.place.addr(2, 8081)
	idle := dial(t, second)
	idle.get("/", 200)
	begin := time.Now()
	b.signal(syscall.SIGUSR1)
	if !soon(func() bool { return !accepts(b.place.front()) }) {
		t.Fatal("the section without a grace still accepts connections")
	}
	firstEnds := func() bool {
		c := dial(t, second)
		defer c.Close()
		c.get("/", 200)
		return !accepts(first)
	}
	if !soon(firstEnds) {
		t.Fatal("the first grace never passes")
	}
	within(t, begin, time.Second, settle)
	idle.get("/", 200)
	if !soon(func() bool { return !accepts(second) }) {
		t.Fatal("the second grace never passes")
	}
	within(t, begin, 5*time.Second, 2*settle)
	idle.closedInOrder()
	b.exits(settle, 0)
}

// Requests that run when the grace ends are finished.
func TestRequestsOutliveTheGrace(t *testing.T) {
	t.Parallel()
	s, servers := newPuppets(t, 1)
	b := s.runWithGraces(t, "1s")
	lingering := s.place.addr(2, 8080)
	c := dial(t, lingering)
	c.send("GET / HTTP/1.1\r\nHost: raw\r\n\r\n")
	v := servers.next()
	b.signal(syscall.SIGUSR1)
	if !soon(func() bool { return !accepts(lingering) }) {
		t.Fatal("the grace never passes")
	}
	v.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	if a := c.answer("GET"); a.StatusCode != 200 || !a.Close {
		t.Errorf("status %d, Connection: close %v", a.StatusCode, a.Close)
	}
	c.closedInOrder()
	b.exits(settle, 0)
}

// TERM ends a grace as it ends everything.
func TestHardStopInTheGrace(t *testing.T) {
	t.Parallel()
	b := newGraceSite(t, "50s")
	b.signal(syscall.SIGUSR1)
	if !soon(func() bool { return !accepts(b.place.front()) }) {
		t.Fatal("the section without a grace still accepts connections")
	}
	dial(t, b.place.addr(2, 8080)).get("/", 200)
	begin := time.Now()
	b.signal(syscall.SIGTERM)
	b.exits(settle, 0)
	within(t, begin, 0, 5*time.Second)
}

// A worker that dies in the grace takes no service with it: what it would have accepted, the others do.
func TestWorkerKilledInTheGrace(t *testing.T) {
	t.Parallel()
	b := newGraceSite(t, "50s")
	b.signal(syscall.SIGUSR1)
	if !soon(func() bool { return !accepts(b.place.front()) }) {
		t.Fatal("the section without a grace still accepts connections")
	}
	b.killWorker(b.workers()[0])
	for range 40 { // the kernel gives about half of them to the dead worker's socket
		dial(t, b.place.addr(2, 8080)).get("/", 200)
	}
}
