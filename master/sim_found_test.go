package master

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What the simulator has found, as the shortest script that shows it.

// TestNothingIsDueDuringUpgrade: a worker that has died is not started while the next generation comes up, and nobody looks for it meanwhile.
func TestNothingIsDueDuringUpgrade(t *testing.T) {
	w := script(t, 2)
	w.faults.next = planHangs
	w.wish(unix.SIGUSR2)
	w.until(t, "the next master lives", func() bool { return len(w.masters) == 2 })
	w.worker(0).signal(unix.SIGKILL)
	w.pass(5 * time.Second)
}

// TestReplacedMasterIsSilent: what is due when another master has taken over is not done.
func TestReplacedMasterIsSilent(t *testing.T) {
	w := script(t, 2)
	old := w.current()
	w.wish(unix.SIGUSR2)
	w.until(t, "another has taken over", func() bool { return old.m != nil && len(old.m.outgoing.done) > 0 })
	w.clock = old.m.beat
	doOutcome(old, nil)
}

// TestShardsAreLentOnce: when the next worker dies, too, or cannot be started, the borrower of its shards stays.
func TestShardsAreLentOnce(t *testing.T) {
	w := script(t, 3)
	w.faults.forks = 1
	w.worker(0).signal(unix.SIGKILL)
	w.until(t, "the fork has failed", func() bool { return w.faults.forks == 0 })
	w.calm()
	w.check()
}

// TestBreakerWithTwoWorkers: two workers were starting when the instance gave up. One dies, the other lives: it serves.
func TestBreakerWithTwoWorkers(t *testing.T) {
	w := script(t, 3)
	m := w.current().m
	m.breaker.crashed = map[int]int{0: crashes, 1: crashes, 2: crashes}
	w.worker(0).signal(unix.SIGKILL)
	w.worker(1).signal(unix.SIGKILL)
	w.until(t, "both are dead", func() bool { return m.slots[0].state == resting && m.slots[1].state == resting })
	m.slots[0].due = m.slots[1].due
	w.until(t, "both start", func() bool { return m.slots[0].state == starting && m.slots[1].state == starting })
	w.worker(2).signal(unix.SIGKILL)
	w.until(t, "both live", func() bool { return m.slots[0].state == active && m.slots[1].state == active })
	w.worker(1).signal(unix.SIGKILL)
	w.calm()
	w.check()
}

// TestStopInTheMomentOfCommit: the instance ends also when it is told so while the next master takes over, whichever of the two is first.
func TestStopInTheMomentOfCommit(t *testing.T) {
	for n := range uint64(16) {
		w := script(t, 2)
		w.source.Seed(n, 0)
		w.wish(unix.SIGUSR2)
		w.until(t, "the next master lives", func() bool { return len(w.masters) == 2 && w.masters[1].m != nil })
		next := w.masters[1]
		w.until(t, "it is about to serve", func() bool { return next.flip.ready || n%2 == 1 && next.m.slots[0].state == ready })
		w.wish([]unix.Signal{unix.SIGTERM, unix.SIGUSR1}[n/2%2])
		w.calm()
		w.check()
	}
}

// TestStandstillEndsBeforeTheNews: a worker's death is the first that the master hears after a standstill. The next worker is not late for that.
func TestStandstillEndsBeforeTheNews(t *testing.T) {
	w := script(t, 2)
	m := w.current().m
	died := w.worker(0)
	died.signal(unix.SIGKILL)
	w.clock = w.clock.Add(time.Hour)
	died.tell()
	if rest := m.slots[0].due.Sub(w.clock); rest > backoffFirst*6/5 {
		t.Errorf("the next worker is started after %v", rest)
	}
}

// TestStandstillWithinAStep: the master stands still after it has looked at the clock, and before it looks at its children. They do not hang.
func TestStandstillWithinAStep(t *testing.T) {
	w := script(t, 2)
	m := w.current().m
	w.clock = w.clock.Add(beatTime)
	m.step(func() { w.clock = w.clock.Add(time.Hour) })
	for _, s := range m.slots {
		if s.child == nil || s.child.Aborted {
			t.Errorf("worker %d is taken for one that hangs", s.index)
		}
	}
}
