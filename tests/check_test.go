//go:build linux

package tests

import (
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// checked returns the lines of a server that is checked every so often; further lines may follow.
func checked(inter time.Duration, more string) string {
	return fmt.Sprintf("check = true\ninter = \"%v\"\n%s", inter, more)
}

// monitor returns the process id of the monitor, 0 when there is none.
func (b *balancer) monitor() int {
	if all := b.children("monitor"); len(all) == 1 {
		return all[0]
	}
	return 0
}

// checks waits until there is a monitor that does its work: lbmaster is ready without.
func (b *balancer) checks(o *origin) {
	b.t.Helper()
	if !soon(func() bool { return o.Stats().Connections > 0 && b.monitor() != 0 }) {
		b.t.Fatalf("nobody checks %s", o.name)
	}
}

// says waits until lbmaster has written a text.
func (b *balancer) says(text string) {
	b.t.Helper()
	if !soon(func() bool { return b.Stderr.Has(text) }) {
		b.t.Fatalf("it does not say %q", text)
	}
}

// arrivals notes when connections come to an address, and closes them.
type arrivals struct {
	mu sync.Mutex
	at []time.Time // guarded by mu
}

func countArrivals(t *testing.T, addr string) *arrivals {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	a := &arrivals{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			a.mu.Lock()
			a.at = append(a.at, time.Now())
			a.mu.Unlock()
			c.Close()
		}
	}()
	return a
}

func (a *arrivals) times() []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.at)
}

// However many workers there are, each server is checked once in an interval.
func TestOneCheckForAllWorkers(t *testing.T) {
	t.Parallel()
	const inter, rounds = 300 * time.Millisecond, 10
	s := site{place: newPlace(t), workers: 4}
	var servers []*arrivals
	for i := range 3 {
		servers = append(servers, countArrivals(t, s.place.server(i)))
		s.servers = append(s.servers, target{fmt.Sprint("web", i), s.place.server(i), checked(inter, "")})
	}
	b := s.run(t)
	if n := len(b.workers()); n != 4 {
		t.Fatalf("%d workers", n)
	}
	for i, a := range servers {
		if !rig.Until(fatal, func() bool { return len(a.times()) > rounds }) {
			t.Fatalf("server %d was checked %d times", i, len(a.times()))
		}
		at := a.times()
		passed := at[len(at)-1].Sub(at[0])
		want := int(passed.Round(inter) / inter)
		got := len(at) - 1
		t.Logf("server %d: %d checks in %v, with 4 workers; want %d", i, got, passed.Round(time.Millisecond), want)
		// A busy machine may be late with some, or with noting them; checks by every worker would be four times as many.
		if got < want/2 || got > 2*want {
			t.Errorf("server %d: %d checks in %v, want %d", i, got, passed, want)
		}
	}
	logRival(t)
}

// logRival notes what HAProxy does with four processes.
func logRival(t *testing.T) {
	t.Helper()
	haproxy := program(t, "haproxy")
	cmd := exec.Command(haproxy, "-c", "-f", "/dev/stdin")
	cmd.Stdin = strings.NewReader("global\n  nbproc 4\nlisten a\n  bind 127.0.0.1:1\n  mode http\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n")
	out, err := cmd.CombinedOutput()
	t.Logf("HAProxy 1.x with 4 processes made 4 checks for each; this one: %v\n%s", err, out)
}

// A server that its checks take down gets no request any more, and none is lost on it; it comes back by its checks.
func TestDownServerGetsNothing(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 2)
	s.workers = 2
	for i := range s.servers {
		s.servers[i].extra = checked(50*time.Millisecond, fmt.Sprintf("check_port = %d\nfall = 2", 9000))
	}
	countArrivals(t, s.place.addr(11, 9000))
	l, err := net.Listen("tcp", s.place.addr(12, 9000))
	if err != nil {
		t.Fatal(err)
	}
	b := s.run(t)
	both := func() bool {
		before := []int64{origins[0].Stats().Requests, origins[1].Stats().Requests}
		for range 8 {
			dial(t, s.place.front()).get("/", 200)
		}
		return origins[0].Stats().Requests > before[0] && origins[1].Stats().Requests > before[1]
	}
	if !soon(both) {
		t.Fatalf("not both servers are used:\n%s", rows(origins))
	}
	l.Close() // only the checks of webB fail: whatever is sent to it succeeds, and shows
	b.says(`alert: Server web/webB is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: `)
	b.says("ms. 1 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.")
	before := origins[1].Stats().Requests
	for range 40 {
		dial(t, s.place.front()).get("/", 200)
	}
	if n := origins[1].Stats().Requests - before; n != 0 {
		t.Errorf("the server got %d requests after it was said to be down", n)
	}
	countArrivals(t, s.place.addr(12, 9000))
	b.says("notice: Server web/webB is UP, reason: Layer4 check passed")
	if !soon(both) {
		t.Errorf("the server gets nothing after it has come back:\n%s", rows(origins))
	}
}

// The monitor dies under load: nobody notices, the states stay, and it is back at once.
func TestMonitorKilledUnderLoad(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 2)
	s.workers = 2
	for i := range s.servers {
		s.servers[i].extra = checked(100*time.Millisecond, "")
	}
	// A third server does not exist: with its state lost, requests would fail on it.
	s.servers = append(s.servers, target{"webC", s.place.server(2), checked(100*time.Millisecond, "")})
	b := s.run(t)
	b.says("Server web/webC is DOWN")
	before := b.workers()
	h := startHammer(t, s.place.front(), 8, "/")
	h.progress(t, 500)
	for range 3 {
		victim := b.monitor()
		if err := rig.Kill(victim, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		dead := time.Now()
		if !soon(func() bool { pid := b.monitor(); return pid != 0 && pid != victim }) {
			t.Fatal("the monitor is not replaced")
		}
		t.Logf("the monitor was back after %v", time.Since(dead).Round(time.Millisecond))
		within(t, dead, 0, 5*time.Second)
		h.progress(t, 1000)
	}
	if failed := h.failed(); len(failed) > 0 {
		t.Errorf("requests failed when the monitor died: %+v", failed)
	}
	// It works again: what stops now is noticed.
	origins[1].Close()
	b.says("Server web/webB is DOWN")
	h.end()
	b.sameWorkers(before)
}

// A monitor that stands still is replaced, and nobody notices.
func TestMonitorHangs(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.servers[0].extra = checked(100*time.Millisecond, "")
	b := s.run(t)
	b.checks(origins[0])
	victim := b.monitor()
	if err := rig.Kill(victim, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	h := startHammer(t, s.place.front(), 2, "/delay/50")
	if !rig.Until(fatal, func() bool { pid := b.monitor(); return pid != 0 && pid != victim }) {
		t.Error("the monitor is not replaced")
	}
	h.end()
	if failed := h.failed(); len(failed) > 0 {
		t.Errorf("requests failed: %+v", failed)
	}
	b.says("monitor hangs: aborted")
	b.says("monitor is back")
}

// Without anything to check there is no monitor.
func TestNoMonitorWithoutChecks(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	b := s.run(t)
	if pid := b.monitor(); pid != 0 {
		t.Errorf("there is a monitor, %d", pid)
	}
}

// When the master dies, the monitor goes on for as long as a worker does.
func TestMonitorOutlivesMaster(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.servers[0].extra = checked(100*time.Millisecond, "")
	s.global = `orphan_time = "2s"`
	b := s.run(t)
	b.checks(origins[0])
	b.signal(syscall.SIGKILL)
	b.exits(settle, 137)
	b.says("monitor: alert: the master (process")
	if n := len(b.processes()); n != 2 {
		t.Errorf("%d processes go on, want a worker and the monitor", n)
	}
	if !rig.Until(fatal, func() bool { return len(b.processes()) == 0 }) {
		t.Errorf("orphans stay for ever: %v", b.processes())
	}
}

// A soft stop keeps the monitor for as long as there are workers, and it checks meanwhile.
func TestMonitorDuringSoftStop(t *testing.T) {
	t.Parallel()
	s, servers := newPuppets(t, 1)
	checks := countArrivals(t, s.place.addr(11, 9000))
	s.servers[0].extra = checked(50*time.Millisecond, "check_port = 9000")
	b := s.run(t)
	busy := dial(t, s.place.front())
	busy.send(plainGet)
	v := servers.next()
	b.signal(syscall.SIGUSR1)
	b.says("stopping when")
	n := len(checks.times())
	if !soon(func() bool { return len(checks.times()) > n+3 }) {
		t.Error("no more checks during a soft stop")
	}
	v.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	busy.answer("GET")
	b.exits(settle, 0)
}
