//go:build linux

package tests

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// shortTimes are time-outs that a machine which stands still exceeds soon.
const shortTimes = `{ connect = "1s", client = "1s", server = "1s", http_request = "1s", http_keep_alive = "1s", check = "1s" }`

// standStill stops all processes of an lbmaster for a while, as if the machine had been suspended.
func (b *balancer) standStill(d time.Duration) {
	b.t.Helper()
	all := b.processes()
	for _, pid := range all {
		b.kill(pid, syscall.SIGSTOP)
	}
	<-time.After(d) // what is tested is that time passes
	slices.Reverse(all)
	for _, pid := range all {
		b.kill(pid, syscall.SIGCONT)
	}
}

// kill sends a signal to a process that may have ended.
func (b *balancer) kill(pid int, sig syscall.Signal) {
	b.t.Helper()
	if err := rig.Kill(pid, sig); err != nil && rig.Alive(pid) {
		b.t.Fatal(err)
	}
}

// A machine that stands still for longer than the time-outs loses nothing of what has come meanwhile: no answer of a server, no request
// of a client that was idle, no check.
func TestStandstill(t *testing.T) {
	t.Parallel()
	const each = 30
	s, origins := newSite(t, 1)
	s.workers, s.timeout = 2, shortTimes
	s.servers[0].extra += "\n" + checked(200*time.Millisecond, "fall = 1")
	b := s.run(t)
	b.checks(origins[0])
	var waiting, idle, begun []*raw
	for range each {
		w, i, h := dial(t, s.place.front()), dial(t, s.place.front()), dial(t, s.place.front())
		i.get("/", 200)
		h.send("GET / HTTP/1.1\r\nHost: x\r\n")
		w.send("GET /delay/300 HTTP/1.1\r\nHost: x\r\n\r\n")
		waiting, idle, begun = append(waiting, w), append(idle, i), append(begun, h)
	}
	if !soon(func() bool { return origins[0].Stats().Running >= each/2 }) {
		t.Fatal("the requests do not arrive")
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		b.standStill(3 * time.Second)
	}()
	if !soon(func() bool { return origins[0].Stats().Running == 0 }) {
		t.Error("the server does not answer")
	}
	for i := range each {
		idle[i].send("GET /idle HTTP/1.1\r\nHost: x\r\n\r\n")
		begun[i].send("\r\n")
	}
	<-done
	for kind, all := range map[string][]*raw{"an answer that had come": waiting, "an idle client's request": idle, "the rest of a request": begun} {
		lost := 0
		for _, c := range all {
			if a, err := c.read("GET"); err != nil || a.StatusCode != 200 {
				lost++
			}
		}
		if lost > 0 {
			t.Errorf("%s: %d of %d were lost", kind, lost, len(all))
		}
	}
	if b.Stderr.Has("is DOWN") {
		t.Error("a server is down because the machine stood still")
	}
}

// A standstill in the middle of an upgrade delays it.
func TestStandstillDuringUpgrade(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.workers, s.timeout = 2, shortTimes
	b := s.run(t)
	h := startHammer(t, s.place.front(), 8, "/delay/1")
	h.progress(t, 100)
	b.Stderr.Forget()
	b.signal(syscall.SIGUSR2)
	b.standStill(3 * time.Second)
	b.says("msg=ready")
	b.exits(settle, 0)
	h.progress(t, 100)
	h.end()
	if failed := h.failed(); len(failed) > 0 {
		t.Errorf("%d requests failed: %v", len(failed), failed[0])
	}
	b.stopNext()
}
