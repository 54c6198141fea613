//go:build linux

package tests

import (
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// A worker that dies takes the requests with it that it was working on, and nothing else: connections that nobody had
// accepted yet and new ones are served by the others, and soon it is replaced.
func TestWorkerKilledUnderLoad(t *testing.T) {
	t.Parallel()
	const clients = 40
	s, _ := newSite(t, 4)
	s.workers, s.listen = 2, insertCookie
	b := s.run(t)
	front := netip.MustParseAddrPort(s.place.front())
	h := startHammer(t, s.place.front(), clients, "/")
	h.progress(t, 2000)
	for range 3 {
		before, failed := b.workers(), len(h.failed())
		held, err := rig.Connections(front, before)
		if err != nil {
			t.Fatal(err)
		}
		victim := slices.MaxFunc(before, func(p, q int) int { return held[p] - held[q] })
		b.killWorker(victim)
		dead := time.Now()
		h.progress(t, 2000)
		replaced(t, b, victim, len(before))
		h.progress(t, 2000)
		onlyTheirs(t, h.failed()[failed:], dead, held[victim])
	}
	h.end()
}

// replaced waits until the wanted number of workers live again, without the victim.
func replaced(t *testing.T, b *balancer, victim, want int) {
	t.Helper()
	if !soon(func() bool { now := b.workers(); return len(now) == want && !slices.Contains(now, victim) }) {
		t.Fatalf("workers %v, want %d without %d", b.workers(), want, victim)
	}
}

// onlyTheirs proves that failures were those of connections that the dead worker held.
func onlyTheirs(t *testing.T, failures []failure, dead time.Time, held int) {
	t.Helper()
	if len(failures) > held {
		t.Errorf("%d requests failed, but the dead worker had %d connections", len(failures), held)
	}
	for _, f := range failures {
		if f.dialed.IsZero() || f.dialed.After(dead) || f.status != 0 {
			t.Errorf("a request failed that the dead worker did not have: %+v", f)
		}
	}
}

// The replacement takes its share of new connections.
func TestReplacementServes(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	b := s.run(t)
	before := b.workers()
	b.killWorker(before[0])
	replaced(t, b, before[0], 2)
	front := netip.MustParseAddrPort(s.place.front())
	var clients []*raw
	served := func() bool {
		c := dial(t, s.place.front())
		c.get("/", 200)
		clients = append(clients, c)
		held, err := rig.Connections(front, b.workers())
		if err != nil {
			t.Fatal(err)
		}
		return len(held) == 2
	}
	if !soon(served) {
		t.Errorf("after %d connections the new worker has none", len(clients))
	}
}

// With all workers dead, connections wait in the queues of the sockets, which the master holds.
func TestAllWorkersKilled(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	b := s.run(t)
	for _, pid := range b.workers() {
		b.killWorker(pid)
	}
	for range 20 {
		dial(t, s.place.front()).get("/", 200)
	}
}

// A worker that a signal stops or that is asked to leave is replaced too.
func TestWorkerLeavesBySignal(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	b := s.run(t)
	for _, sig := range []syscall.Signal{syscall.SIGABRT, syscall.SIGSEGV} {
		victim := b.workers()[0]
		if err := rig.Kill(victim, sig); err != nil {
			t.Fatal(err)
		}
		replaced(t, b, victim, 2)
		dial(t, s.place.front()).get("/", 200)
		b.says(fmt.Sprintf(" pid=%d how=", victim)) // behind the runtime's dump of it
		b.Stderr.Forget()
	}
}

// When the master is killed, the workers go on as if nothing had happened, for as long as the configuration lets them.
func TestMasterKilled(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.global = `orphan_time = "2s"`
	s.workers = 2
	b := s.run(t)
	h := startHammer(t, s.place.front(), 4, "/delay/10")
	h.progress(t, 20)
	b.signal(syscall.SIGKILL)
	b.exits(settle, 137)
	h.progress(t, 100)
	if failed := h.failed(); len(failed) > 0 {
		t.Errorf("requests failed when the master died: %+v", failed)
	}
	h.end()
	if !rig.Until(fatal, func() bool { return len(b.processes()) == 0 }) {
		t.Errorf("orphans stay for ever: %v", b.processes())
	}
}
