//go:build linux

package tests

import (
	"syscall"
	"testing"

	"lbmaster/tools/rig"
)

// Workers that all crash again and again: clients are refused instead of being left waiting, one worker is tried, and
// when it lives, all come back.
func TestCrashLoop(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	b := s.run(t)
	crash := func(until string) {
		t.Helper()
		tripped := rig.Until(fatal, func() bool {
			for _, pid := range b.workers() {
				_ = rig.Kill(pid, syscall.SIGKILL) // it may be dead already
			}
			return b.Stderr.Has(until)
		})
		if !tripped {
			t.Fatalf("it never said %q", until)
		}
	}
	crash("every worker crashes: connections are refused until one lives")
	if !soon(func() bool { return !accepts(s.place.front()) }) {
		t.Fatal("clients are not refused")
	}
	crash("the first worker has crashed again")
	b.Stderr.Forget()
	if !rig.Until(fatal, func() bool { return accepts(s.place.front()) }) {
		t.Fatal("a worker lives, and clients are still refused")
	}
	if now := b.workers(); len(now) != 1 {
		t.Errorf("%d workers are tried, want one", len(now))
	}
	for range 10 { // it polls the addresses of both
		dial(t, s.place.front()).get("/", 200)
	}
	if !rig.Until(fatal, func() bool { return len(b.workers()) == 2 }) {
		t.Error("the other worker does not come back")
	}
	for range 10 {
		dial(t, s.place.front()).get("/", 200)
	}
}

// When every worker crashes, the next generation may be what cures it.
func TestUpgradeOutOfACrashLoop(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	inst := startInstance(t, s)
	tripped := rig.Until(fatal, func() bool {
		for _, pid := range inst.workers() {
			_ = rig.Kill(pid, syscall.SIGKILL) // it may be dead already
		}
		return inst.Stderr.Has("every worker crashes: connections are refused until one lives")
	})
	if !tripped {
		t.Fatal("clients are not refused")
	}
	inst.upgrade()
	if !soon(func() bool { return accepts(s.place.front()) }) { // it listens when the old master is gone
		t.Fatal("the next generation does not listen")
	}
	for range 10 {
		dial(t, s.place.front()).get("/", 200)
	}
	if !soon(func() bool { return len(rig.Children(inst.master)) == 2 }) {
		t.Errorf("workers %v", rig.Children(inst.master))
	}
}
