//go:build linux

package tests

import (
	"net"
	"os"
	"slices"
	"syscall"
	"testing"

	"lbmaster/tools/rig"
)

// pause sends TTOU and waits until the ports are free.
func (b *balancer) pause() {
	b.t.Helper()
	b.Stderr.Forget()
	b.signal(syscall.SIGTTOU)
	if !soon(func() bool { return b.Stderr.Has("paused: other programs may listen") }) {
		b.t.Fatal("not paused")
	}
}

// resume sends TTIN and waits for the outcome.
func (b *balancer) resume(outcome string) {
	b.t.Helper()
	b.Stderr.Forget()
	b.signal(syscall.SIGTTIN)
	if !soon(func() bool { return b.Stderr.Has(outcome) }) {
		b.t.Fatalf("TTIN: not %q", outcome)
	}
}

// TTOU releases the ports for another program, TTIN takes them back or says why not, and whoever is connected does not
// notice.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.workers = 2
	second := s.place.addr(2, 8080)
	s.bind = s.place.front() + "," + second
	b := s.run(t)
	idle, busy, tunnel := dial(t, s.place.front()), dial(t, s.place.front()), dial(t, second)
	idle.get("/", 200)
	tunnel.send(upgradeRequest)
	tunnel.answer("GET")
	busy.send("GET /delay/1000 HTTP/1.1\r\nHost: raw\r\n\r\n")
	if !soon(func() bool { return origins[0].Stats().Running == 2 }) {
		t.Fatal("the request did not arrive")
	}
	b.pause()
	for _, addr := range []string{s.place.front(), second} {
		if accepts(addr) {
			t.Errorf("%s still accepts", addr)
		}
	}
	other, err := net.Listen("tcp", second)
	if err != nil {
		t.Fatalf("another program cannot listen: %v", err)
	}
	idle.get("/", 200)
	b.resume("not resumed: still paused")
	if said := "cannot listen on " + second + " for listen.web: address already in use"; !b.Stderr.Has(said) {
		t.Errorf("it did not say %q", said)
	}
	if accepts(s.place.front()) {
		t.Error("it took one address back and not the other")
	}
	tunnel.send("still here")
	tunnel.expect("still here")
	if a := busy.answer("GET"); a.StatusCode != 200 || a.Close {
		t.Errorf("status %d, Connection: close %v for a request that ran during the pause", a.StatusCode, a.Close)
	}
	other.Close()
	b.resume("msg=resumed")
	dial(t, s.place.front()).get("/", 200)
	dial(t, second).get("/", 200)
	busy.get("/", 200)
	idle.get("/", 200)
}

// Pausing again and again changes nothing, and a worker that dies meanwhile is replaced by one that is paused too.
func TestWorkerDiesWhilePaused(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	b := s.run(t)
	before := b.workers()
	b.pause()
	b.signal(syscall.SIGTTOU)
	b.killWorker(before[0])
	if !soon(func() bool { return b.Stderr.Has("worker is back") }) {
		t.Fatal("no other worker came")
	}
	if accepts(s.place.front()) {
		t.Error("the new worker ended the pause")
	}
	other, err := net.Listen("tcp", s.place.front())
	if err != nil {
		t.Fatalf("another program cannot listen: %v", err)
	}
	other.Close()
	b.resume("msg=resumed")
	b.signal(syscall.SIGTTIN) // once more changes nothing
	for range 20 {            // both shards are polled
		dial(t, s.place.front()).get("/", 200)
	}
	if now := b.workers(); len(now) != 2 || slices.Contains(now, before[0]) {
		t.Errorf("workers %v, before %v", now, before)
	}
}

// USR1 after TTOU ends the process with its last session, as the guide says in section 4.3. Grace has no meaning then.
func TestSoftStopWhilePaused(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers, s.listen = 2, `grace = "1h"`
	b := s.run(t)
	tunnel := dial(t, s.place.front())
	tunnel.send(upgradeRequest)
	tunnel.answer("GET")
	b.pause()
	b.signal(syscall.SIGUSR1)
	if !soon(func() bool { return len(b.workers()) == 1 }) {
		t.Error("the worker without a session is still there")
	}
	b.signal(syscall.SIGTTIN) // too late
	tunnel.send("still here")
	tunnel.expect("still here")
	if accepts(s.place.front()) || b.Exited() {
		t.Error("USR1 ended the pause, or the session")
	}
	if err := tunnel.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	tunnel.closedInOrder()
	b.exits(settle, 0)
}

// Under load, a pause breaks nobody who is connected.
func TestPauseUnderLoad(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.workers = 2
	b := s.run(t)
	h := startHammer(t, s.place.front(), 20, "/")
	h.progress(t, 1000)
	for range 5 {
		b.pause()
		h.progress(t, 500)
		b.resume("msg=resumed")
	}
	if failed := h.failed(); len(failed) > 0 {
		t.Errorf("%d requests failed, the first: %+v", len(failed), failed[0])
	}
	h.end()
}

// A pause that is asked for during an upgrade comes after it, whoever is the master then: the sockets are shared by both, and
// the new one must know.
func TestPauseDuringUpgrade(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, then string // what becomes of the new program
	}{{"that goes well", `exec "$0.real" "$@"`}, {"that fails", "exit 1"}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t, 1)
			s.workers = 2
			inst := startInstance(t, s)
			goOn := inst.replaceProgramByOneThatWaits(tt.then)
			if err := os.Symlink(inst.exe+".away", inst.exe+".real"); err != nil {
				t.Fatal(err)
			}
			first := inst.master
			inst.exe += ".away" // that is what all processes run
			inst.signal(syscall.SIGUSR2)
			if !soon(func() bool { return inst.Stderr.Has("beginning the next generation") }) {
				t.Fatal("nothing begins")
			}
			inst.signal(syscall.SIGTTOU)
			dial(t, s.place.front()).get("/", 200)
			goOn()
			if !soon(func() bool { return inst.Stderr.Has("paused: other programs may listen") }) {
				t.Fatal("not paused")
			}
			if inst.await(func(masters []int) bool { return len(masters) == 1 }); (inst.master != first) != (tt.name == "that goes well") {
				t.Errorf("master %d before, %d now", first, inst.master)
			}
			if accepts(s.place.front()) {
				t.Error("it still accepts")
			}
			if err := rig.Kill(inst.master, syscall.SIGTTIN); err != nil {
				t.Fatal(err)
			}
			if !soon(func() bool { return accepts(s.place.front()) }) {
				t.Error("TTIN did not resume")
			}
			dial(t, s.place.front()).get("/", 200)
		})
	}
}
