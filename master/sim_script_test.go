package master

import (
	"testing"

	"lbmaster/shared/counter"

	"golang.org/x/sys/unix"
)

// Scripts are schedules that somebody has written. Each takes milliseconds, in which no process and no socket is made.

// script is an instance of so many workers, without a monitor, that serves. The test fails when a promise is broken, and shows what has
// happened.
func script(t *testing.T, workers int) *world {
	t.Helper()
	a := newArena()
	a.settings = []*setting{newSetting(workers, 1, false)}
	w := newWorld(a, 1, true)
	t.Cleanup(func() {
		if len(w.broken) > 0 {
			t.Error(w.broken[0])
		}
		if t.Failed() {
			t.Logf("\n%s", w.trace.String())
		}
		w.end()
	})
	w.newMaster(nil)
	w.until(t, "it serves", func() bool { return w.restful() })
	return w
}

// inOrder takes what may happen in the order of its processes.
func inOrder(int) int { return 0 }

// until lets happen what may, and time pass, until something is so.
func (w *world) until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for range 10_000 {
		if so() {
			return
		}
		if !w.step(inOrder) {
			w.tick()
		}
	}
	t.Fatalf("not reached: %s", what)
}

// generation is the number of the generation that serves.
func (w *world) generation() int { return w.current().m.number }

// worker is the process of a slot of the master that serves.
func (w *world) worker(slot int) *simChild { return w.byFD[w.current().m.slots[slot].child.Pidfd] }

// TestUpgradeInBothHalves: the new generation serves, or the old one does as if nothing had been.
func TestUpgradeInBothHalves(t *testing.T) {
	for p := planGood; p < plans; p++ {
		t.Run(p.String(), func(t *testing.T) {
			w := script(t, 2)
			old := w.current()
			failures := old.m.memory.count()[counter.FailedUpgrades].Load()
			w.faults.next = p
			w.wish(unix.SIGUSR2)
			w.until(t, "the upgrade begins", func() bool { return old.m.outgoing.Upgrading() })
			w.until(t, "it has ended", func() bool { return !old.m.outgoing.Upgrading() && w.restful() })
			w.calm()
			w.check()
			if want := map[bool]int{true: 2, false: 1}[p == planGood]; w.generation() != want {
				t.Errorf("generation %d serves, want %d", w.generation(), want)
			}
			if n := old.m.memory.count()[counter.FailedUpgrades].Load() - failures; (n == 0) != (p == planGood) || n > 1 {
				t.Errorf("%d upgrades are counted as failed", n)
			}
		})
	}
}

// TestUpgradeWaitsForParent: while the old master lives there is no further upgrade; when it has gone there is.
func TestUpgradeWaitsForParent(t *testing.T) {
	for _, leaves := range []bool{false, true} {
		w := script(t, 1)
		old := w.current()
		w.wish(unix.SIGUSR2)
		w.until(t, "another has taken over", old.left)
		old.stays = !leaves
		w.wish(unix.SIGUSR2)
		next := w.masters[1]
		w.until(t, "the second upgrade begins", func() bool { return next.m.outgoing.Upgrading() })
		w.until(t, "it has ended", func() bool { return !next.m.outgoing.Upgrading() })
		if next.left() != leaves {
			t.Errorf("the old master leaves: %v; %q", leaves, next.m.outgoing.Reason())
		}
		old.stays = false
	}
}

// TestWishesDuringUpgrade: what is wished for while the next generation comes up is that one's to do.
func TestWishesDuringUpgrade(t *testing.T) {
	for _, s := range []unix.Signal{unix.SIGUSR2, unix.SIGTTOU} {
		w := script(t, 2)
		old := w.current()
		w.wish(unix.SIGUSR2)
		w.until(t, "the next master lives", func() bool { return len(w.masters) == 2 })
		w.wish(s)
		w.until(t, "another has taken over", old.left)
		w.until(t, "it has come to rest", w.restful)
		w.calm()
		w.check()
		if paused := w.current().m.pause.state == shut; paused != (s == unix.SIGTTOU) {
			t.Errorf("%v: paused %v", unix.SignalName(s), paused)
		}
	}
}
