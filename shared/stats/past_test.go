package stats

import (
	"sync"
	"testing"

	"lbmaster/shared/counter"
)

// TestPast: what generations count that live side by side is carried over once, whichever master does it, and whatever they
// still count later.
func TestPast(t *testing.T) {
	var all []*Stats
	want := uint64(0)
	for range 70 { // twice as much in each would be too much for 64 bits
		next := create(t, 2)
		for _, old := range all {
			NewPast(reopen(t, old), next).Absorb()
		}
		all = append(all, next)
		for i, s := range all {
			s.Counters(i%2, 1)[counter.Requests].Add(3)
			want += 3
		}
		for _, old := range all[:len(all)-1] {
			NewPast(old, next).Absorb()
			NewPast(old, next).Absorb()
		}
		if got := next.Total(1, counter.Requests); got != want {
			t.Fatalf("%d generations: %d requests, want %d", len(all), got, want)
		}
	}
}

// TestPastOfTwoMasters: one that is being replaced takes nothing twice.
func TestPastOfTwoMasters(t *testing.T) {
	const n = 20000
	first, second, third := create(t, 1), create(t, 1), create(t, 1)
	var running sync.WaitGroup
	running.Go(func() {
		for range n {
			first.Counters(0, 1)[counter.Requests].Add(1)
		}
	})
	for _, into := range []*Stats{second, third} {
		running.Go(func() {
			past := NewPast(first, into)
			for first.Counters(0, 1)[counter.Requests].Load() < n {
				past.Absorb()
			}
		})
	}
	running.Wait()
	NewPast(first, third).Absorb()
	NewPast(second, third).Absorb()
	if got := third.Total(1, counter.Requests); got != n {
		t.Errorf("%d requests, want %d", got, n)
	}
}
