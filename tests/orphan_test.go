//go:build linux

package tests

import (
	"fmt"
	"path/filepath"
	"slices"
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
	b.signal(syscall.SIGKILL)
	if _, err := b.Wait(settle); err != nil {
		t.Fatal(err)
	}
	b.stopped = true
	c.get("/", 200)
	next, err := rig.Start("lbmaster", []string{b.exe, "-c", filepath.Join(filepath.Dir(b.exe), "conf.toml")}, "TMPDIR="+b.tmp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := next.Stop(syscall.SIGTERM, settle); err != nil {
			t.Error(err)
		}
	})
	if err := next.Ready(settle, func() bool { return next.Stderr.Has("msg=ready") }); err != nil {
		t.Fatal(err)
	}
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
