//go:build linux

package tests

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// The master is killed. Its workers go on, a master that is started at once binds beside them, and when they leave nobody
// notices but those whose connections they end in order.
func TestMasterIsReplacedAfterItsDeath(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.workers = 2
	b := s.run(t)
	b.expects = -1
	orphans := b.workers()
	c := dial(t, s.place.front())
	c.get("/", 200)
	b.die(b.Process)
	c.get("/", 200)
	b.startAgain()
	gone := func() bool { return !rig.Alive(orphans[0]) && !rig.Alive(orphans[1]) }
	deadline := time.Now().Add(fatal)
	for i := 0; !gone() && time.Now().Before(deadline); i++ {
		dial(t, s.place.front()).get(fmt.Sprintf("/%d", i), 200)
		rig.Until(20*time.Millisecond, gone)
	}
	if !gone() {
		t.Errorf("orphans go on beside the instance that has taken over: %v", orphans)
	}
	for i := range 20 {
		dial(t, s.place.front()).get(fmt.Sprintf("/after/%d", i), 200)
	}
}

// TERM to a child is for the master: only when that is gone does it end the child, at once.
func TestTermEndsOrphans(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.workers = 2
	s.servers[0].extra += "\ncheck = true"
	b := s.run(t)
	b.expects = -1
	b.checks(origins[0])
	children := rig.Children(b.Pid)
	if len(children) != 3 {
		t.Fatalf("children %v", children)
	}
	term := func() {
		t.Helper()
		for _, pid := range children {
			if err := rig.Kill(pid, syscall.SIGTERM); err != nil {
				t.Error(err)
			}
		}
	}
	term()
	for range 20 {
		dial(t, s.place.front()).get("/", 200)
	}
	if now := rig.Children(b.Pid); !slices.Equal(now, children) {
		t.Errorf("children %v, before TERM to them %v", now, children)
	}
	b.signal(syscall.SIGKILL)
	if _, err := b.Wait(settle); err != nil {
		t.Fatal(err)
	}
	b.stopped = true
	term()
	if !soon(func() bool { return len(b.processes()) == 0 }) {
		t.Errorf("orphans %v", b.processes())
	}
}

// An instance whose master has died says so where an operator looks: in the log, in the list of processes, to lbctl. A worker of
// it that dies keeps no place below maxconn, and the monitor stays until the last one has ended.
func TestOrphansSaySo(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	log := newSink(t, s.place)
	s.global = fmt.Sprintf("log = [%q]", log.addr+" local3 notice")
	s.withAdmin(t)
	b := s.run(t)
	b.expects = -1
	workers := b.workers()
	var held []*raw
	for range 8 { // some for each worker
		c := dial(t, s.place.front())
		c.get("/", 200)
		held = append(held, c)
	}
	if !soon(func() bool { return strings.Count(tell(t, s.socket, "show workers"), " 1 active ") == 2 }) {
		t.Fatalf("the monitor knows\n%s", tell(t, s.socket, "show workers"))
	}
	b.die(b.Process)
	for _, who := range []string{"worker 0", "worker 1", "monitor"} {
		if !soon(func() bool {
			return slices.ContainsFunc(b.processes(), func(pid int) bool { return strings.HasPrefix(rig.Cmdline(pid), "lbmaster: "+who+" orphan") })
		}) {
			t.Errorf("nobody calls itself %q", "lbmaster: "+who+" orphan")
		}
	}
	if !soon(func() bool { return strings.Contains(tell(t, s.socket, "show info"), "\nOrphaned: 1\n") }) {
		t.Errorf("the admin socket says\n%s", tell(t, s.socket, "show info"))
	}
	log.notice(1, "worker 0: the master is gone")
	for _, c := range held {
		c.get("/", 200)
	}
	if err := rig.Kill(workers[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if !soon(func() bool { return strings.Contains(tell(t, s.socket, "show workers"), "\n0 0 1 gone ") }) {
		t.Errorf("a worker that is gone is shown:\n%s", tell(t, s.socket, "show workers"))
	}
	alive := 0
	for _, c := range held {
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			continue
		}
		if _, err := c.read("GET"); err == nil {
			alive++
		}
	}
	if now := tell(t, s.socket, "show info"); !strings.Contains(now, fmt.Sprintf("\nCurrConns: %d\n", alive)) {
		t.Errorf("%d connections are open; the instance says\n%s%s", alive, now, tell(t, s.socket, "show workers"))
	}
	if err := rig.Kill(workers[1], syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if !soon(func() bool { return len(b.processes()) == 0 }) {
		t.Errorf("the monitor stays without workers: %v", b.processes())
	}
}

// orphan_time bounds how long an instance serves without a master: what runs then is finished.
func TestOrphanTime(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	s.global = `orphan_time = "10ms"`
	b := s.run(t)
	b.expects = -1
	c := dial(t, s.place.front())
	c.send("GET /delay/2000 HTTP/1.1\r\nHost: x\r\n\r\n")
	b.die(b.Process)
	c.answer("GET")
	if !soon(func() bool { return len(b.processes()) == 0 }) {
		t.Errorf("orphans %v", b.processes())
	}
}

// startAgain starts another lbmaster on the same configuration, and returns when it is ready.
func (b *balancer) startAgain() *rig.Process {
	b.t.Helper()
	next, err := rig.Start("lbmaster", []string{b.exe, "-c", filepath.Join(filepath.Dir(b.exe), "conf.toml")}, "TMPDIR="+b.tmp)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		if _, err := next.Stop(syscall.SIGTERM, settle); err != nil {
			b.t.Error(err)
		}
	})
	if err := next.Ready(settle, func() bool { return next.Stderr.Has("msg=ready") }); err != nil {
		b.t.Fatal(err)
	}
	return next
}

// die kills a master. Its children go on.
func (b *balancer) die(master *rig.Process) {
	b.t.Helper()
	if err := master.Signal(syscall.SIGKILL); err != nil {
		b.t.Fatal(err)
	}
	if _, err := master.Wait(settle); err != nil {
		b.t.Fatal(err)
	}
	b.stopped = true
}

// The paths of unix sockets are taken over too, those of the frontends and that of the monitor, twice in a row; at no moment
// is there nobody behind them.
func TestPathsAreTakenOverAfterDeath(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	path := filepath.Join(t.TempDir(), "front.sock")
	s.bind = "unix:" + path
	s.withAdmin(t)
	b := s.run(t)
	client := newClient(t)
	tr := unixTransport(t, path)
	tr.DisableKeepAlives = true
	client.Transport = tr
	visit := func() {
		t.Helper()
		if a := fetch(t, client, "http://unix/"); a.body != "webA /\n" {
			t.Errorf("got %q", a.body)
		}
	}
	master := b.Process
	var orphans []int
	for range 2 {
		b.die(master)
		orphans = b.processes()
		visit()
		master = b.startAgain()
		for _, pid := range orphans {
			if !rig.Alive(pid) {
				t.Errorf("%d has ended already: those who had the paths were waited for", pid)
			}
		}
		var text string
		if !soon(func() bool {
			text = tell(t, s.socket, "show workers")
			return strings.Contains(text, fmt.Sprintf(" %d ", rig.Children(master.Pid)[0]))
		}) {
			t.Errorf("the admin socket tells of others:\n%s", text)
		}
		for range 10 {
			visit()
		}
	}
	gone := func() bool { return !slices.ContainsFunc(orphans, rig.Alive) }
	for !gone() {
		visit()
		rig.Until(20*time.Millisecond, gone)
	}
	for range 10 {
		visit()
	}
	if _, err := master.Stop(syscall.SIGTERM, settle); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{path, path + ".new", s.socket, s.socket + ".new"} {
		if _, err := os.Lstat(left); err == nil {
			t.Errorf("%s is left", left)
		}
	}
}

// A path on which another program listens is left to it.
func TestPathsOfOthers(t *testing.T) {
	t.Parallel()
	for _, whose := range []string{"front", "admin"} {
		t.Run(whose, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t, 1)
			dir := t.TempDir()
			s.bind = "unix:" + dir + "/front"
			s.tail = fmt.Sprintf("[admin]\nsocket = %q\n", dir+"/admin")
			l, err := net.Listen("unix", filepath.Join(dir, whose))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			b := launch(t, s.place, s.text())
			b.exits(settle, 1)
			if !b.Stderr.Has("cannot bind unix:"+l.Addr().String()) || !b.Stderr.Has("address already in use") {
				t.Errorf("it said:\n%s", b.Said())
			}
			c, err := net.Dial("unix", l.Addr().String())
			if err != nil {
				t.Fatalf("the path is somebody else's now: %v", err)
			}
			c.Close()
		})
	}
}
