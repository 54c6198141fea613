//go:build linux

package tests

import (
	"fmt"
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
	c.get("/", 200) // still with its orphan
	gone := func() bool { return !rig.Alive(orphans[0]) && !rig.Alive(orphans[1]) }
	for i := 0; !gone(); i++ {
		dial(t, s.place.front()).get(fmt.Sprintf("/%d", i), 200)
		rig.Until(20*time.Millisecond, gone)
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
	if !rig.Until(orphanTime/2, func() bool { return len(b.family()) == 0 }) {
		t.Errorf("orphans %v", b.family())
	}
}

// orphanTime is how long orphans serve on by themselves.
const orphanTime = 10 * time.Second

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
		orphans = b.family()
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
