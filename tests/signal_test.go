//go:build linux

package tests

import (
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// TERM and INT stop everything at once, running requests included.
func TestHardStop(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		sig  syscall.Signal
		exit int
	}{{"TERM", syscall.SIGTERM, 0}, {"INT", syscall.SIGINT, 130}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, origins := newSite(t, 1)
			s.workers = 2
			b := s.run(t)
			idle := dial(t, s.place.front())
			idle.get("/", 200)
			busy := dial(t, s.place.front())
			busy.send("GET /delay/20000 HTTP/1.1\r\nHost: raw\r\n\r\n")
			if !soon(func() bool { return origins[0].Stats().Running == 1 }) {
				t.Fatal("the request did not arrive")
			}
			begin := time.Now()
			b.signal(tt.sig)
			b.exits(settle, tt.exit)
			within(t, begin, 0, 5*time.Second)
			b.leavesNothing()
			busy.closed()
			idle.closed()
			if rig.Connectable(s.place.front()) {
				t.Error("somebody still accepts connections")
			}
		})
	}
}

// What runs does not delay a hard stop, however much it is.
func TestHardStopUnderLoad(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.workers = 2
	b := s.run(t)
	h := startHammer(t, s.place.front(), 20, "/bytes/10000")
	h.progress(t, 500)
	begin := time.Now()
	b.signal(syscall.SIGTERM)
	b.exits(settle, 0)
	within(t, begin, 0, 5*time.Second)
	h.end()
}

// USR1 takes nothing new, lets running requests finish and then exits.
func TestSoftStop(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.workers = 2
	b := s.run(t)
	idle := dial(t, s.place.front())
	idle.get("/", 200)
	busy := dial(t, s.place.front())
	busy.send("GET /delay/3000 HTTP/1.1\r\nHost: raw\r\n\r\n")
	tunnel := dial(t, s.place.front())
	tunnel.send(upgradeRequest)
	tunnel.answer("GET")
	if !soon(func() bool { return origins[0].Stats().Running == 2 }) {
		t.Fatal("the request did not arrive")
	}
	b.signal(syscall.SIGUSR1)
	if !soon(func() bool { return !accepts(s.place.front()) }) {
		t.Error("new connections are still accepted")
	}
	idle.closedInOrder()
	if a := busy.answer("GET"); a.StatusCode != 200 || !a.Close {
		t.Errorf("status %d, Connection: close %v for the running request", a.StatusCode, a.Close)
	}
	busy.closedInOrder()
	tunnel.send("still here")
	tunnel.expect("still here")
	if b.Exited() {
		t.Error("lbmaster left with a tunnel open")
	}
	if err := tunnel.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	tunnel.closedInOrder()
	b.exits(settle, 0)
}

// accepts is a connection attempt that an overloaded machine does not mistake for a refusal.
func accepts(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, settle)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// A soft stop that takes too long can be cut short.
func TestHardStopAfterSoftStop(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	b := s.run(t)
	busy := dial(t, s.place.front())
	busy.send("GET /delay/20000 HTTP/1.1\r\nHost: raw\r\n\r\n")
	if !soon(func() bool { return origins[0].Stats().Running == 1 }) {
		t.Fatal("the request did not arrive")
	}
	b.signal(syscall.SIGUSR1)
	b.signal(syscall.SIGUSR1) // once more changes nothing
	if !soon(func() bool { return !accepts(s.place.front()) }) {
		t.Error("new connections are still accepted")
	}
	begin := time.Now()
	b.signal(syscall.SIGTERM)
	b.exits(settle, 0)
	within(t, begin, 0, 5*time.Second)
}

// A stop that comes while everything starts is obeyed too.
func TestStopWhileStarting(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	for range 5 {
		b := launch(t, s.place, s.text())
		listening := func() bool {
			found, err := s.place.listeners()
			return err == nil && len(found) > 0
		}
		if err := b.Ready(settle, listening); err != nil {
			t.Fatal(err)
		}
		b.signal(syscall.SIGTERM)
		b.exits(settle, 0)
		b.leavesNothing()
	}
}

// Signals meant for a terminal or for nobody do no harm.
func TestOtherSignalsAreHarmless(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	b := s.run(t)
	before := b.workers()
	for _, sig := range []syscall.Signal{syscall.SIGPIPE, syscall.SIGWINCH, syscall.SIGCHLD, syscall.SIGURG} {
		b.signal(sig)
		dial(t, s.place.front()).get("/", 200)
	}
	// What a user types reaches the workers as well, but only the master decides.
	for _, pid := range before {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGUSR2, syscall.SIGPIPE} {
			if err := rig.Kill(pid, sig); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 10 {
		dial(t, s.place.front()).get("/", 200)
	}
	b.sameWorkers(before)
}

// Whatever comes before, and however much of it, the last wish counts. Signals of one kind that wait for each other are one.
func TestSignalsInBursts(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	b := s.run(t)
	for i := range 10_000 {
		switch {
		case i%1000 == 0:
			b.signal(syscall.SIGPIPE)
		case i%2 == 0:
			b.signal(syscall.SIGTTOU)
		default:
			b.signal(syscall.SIGTTIN)
		}
	}
	if !soon(func() bool { return accepts(s.place.front()) }) {
		t.Error("the last TTIN has no effect")
	}
	dial(t, s.place.front()).get("/", 200)
	paused := func() bool {
		b.signal(syscall.SIGTTOU) // one that comes at once may have been sent before the last TTIN
		return rig.Until(time.Second, func() bool { return !accepts(s.place.front()) })
	}
	if !soon(paused) {
		t.Error("TTOU has no effect")
	}
	b.signal(syscall.SIGTTIN)
	if !soon(func() bool { return accepts(s.place.front()) }) {
		t.Error("the last TTIN has no effect")
	}
	for range 1000 {
		b.signal(syscall.SIGHUP)
	}
	b.signal(syscall.SIGTERM)
	b.exits(settle, 0)
}

// TERM again and again, to the very end of the process, is no death by a signal: a service manager would take it for a failure.
func TestTermUntilTheEnd(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	for range 5 {
		b := s.run(t)
		over := make(chan struct{})
		go func() {
			defer close(over)
			for rig.Kill(b.Pid, syscall.SIGTERM) == nil {
				runtime.Gosched()
			}
		}()
		b.exits(settle, 0)
		<-over
	}
}
