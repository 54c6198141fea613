package master

import (
	"flag"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	simSeed  = flag.Uint64("seed", 0, "replay the schedule of this seed, and print it")
	simSeeds = flag.Uint64("seeds", 2000, "schedules to simulate")
	simMost  = flag.Int("disturbances", 12, "how many things happen in a schedule, at most")
	simFirst = flag.Uint64("first", 1, "the first seed")
)

// TestSimulate runs an instance through random lives: signals, deaths, time-outs, failed forks and full channels in any order. Each seed
// is a schedule; one that breaks a promise of ARCHITECTURE.md is printed, and -seed N replays it (with the same -disturbances).
func TestSimulate(t *testing.T) {
	if *simSeed != 0 {
		w := simulate(newArena(), *simSeed, true)
		t.Logf("seed %d\n%s", *simSeed, w.trace.String())
		if len(w.broken) > 0 {
			t.Errorf("seed %d: %s", *simSeed, w.broken[0])
		}
		return
	}
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // each world is garbage at its end
	began := time.Now()
	var next, failed atomic.Uint64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			a := newArena()
			for n := next.Add(1); n <= *simSeeds && failed.Load() < 5; n = next.Add(1) {
				seed := *simFirst + n - 1
				if w := simulate(a, seed, false); len(w.broken) > 0 {
					failed.Add(1)
					w = simulate(a, seed, true)
					t.Errorf("seed %d: %s (replay: go test ./master -run TestSimulate -seed %d)\n%s", seed, w.broken[0], seed, w.trace.String())
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	t.Logf("%d schedules in %v, %.0f a minute", *simSeeds, took.Round(time.Millisecond), float64(*simSeeds)/took.Minutes())
}

// simulate runs one schedule.
func simulate(a *arena, seed uint64, tracing bool) (w *world) {
	w = newWorld(a, seed, tracing)
	defer func() {
		if r := recover(); r != nil {
			w.promise(false, "panic: %v\n%s", r, debug.Stack())
		}
		w.end()
	}()
	w.schedule(w.random.IntN(*simMost + 1))
	return w
}

// TestSimulateIsDeterministic: a seed is a schedule.
func TestSimulateIsDeterministic(t *testing.T) {
	a := newArena()
	for seed := range uint64(20) {
		first, second := simulate(a, seed+1, true).trace.String(), simulate(a, seed+1, true).trace.String()
		if first != second {
			t.Fatalf("seed %d:\n%s\nand then\n%s", seed+1, first, second)
		}
	}
}
