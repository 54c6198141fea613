//go:build linux

package tests

import (
	"fmt"
	"syscall"
	"testing"

	"lbmaster/tools/rig"
)

// QUIT makes every process say what it is doing, and go on: the master passes it to the workers, and a key pressed in a
// terminal, which reaches them all, does no harm either.
func TestQuitDumps(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	b := s.run(t)
	before := b.workers()
	c := dial(t, s.place.front())
	c.get("/", 200)
	b.signal(syscall.SIGQUIT)
	b.wantDump("master", b.Pid, "(*master).reconcile")
	for i, pid := range before {
		b.wantDump(fmt.Sprintf("worker %d", i), pid, "(*Proxy).Run")
	}
	b.Stderr.Forget()
	if err := rig.Kill(before[1], syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	b.wantDump("worker 1", before[1], "(*Proxy).Run")
	c.get("/", 200)
	dial(t, s.place.front()).get("/", 200)
	b.sameWorkers(before)
	b.Stderr.Forget()
}

func (b *balancer) wantDump(who string, pid int, does string) {
	b.t.Helper()
	head := fmt.Sprintf("lbmaster: %s (pid %d): goroutines:\n", who, pid)
	if !soon(func() bool { return b.Stderr.Has(head) && b.Stderr.Has(does) }) {
		b.t.Errorf("no dump of %s, pid %d", who, pid)
	}
}
