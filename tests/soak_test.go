//go:build linux && soak

package tests

import (
	"os"
	"slices"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// TestSoak mixes good load, misuse and dying workers for as long as SOAKTIME says, and watches that nothing grows.
func TestSoak(t *testing.T) {
	total, err := time.ParseDuration(or(os.Getenv("SOAKTIME"), "10m"))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := newSite(t, 4)
	s.workers, s.listen = 2, insertCookie
	s.timeout = `{ connect = "1s", client = "5s", server = "500ms", http_request = "300ms", http_keep_alive = "5s" }`
	b := s.run(t)
	h := startHammer(t, s.place.front(), 16, "/bytes/1000")
	master := rig.CountFDs(b.Pid)
	var memory int64
	for begin := time.Now(); time.Since(begin) < total; {
		abuse(t, s.place.front(), 16, 4)
		soakRound(t, b, h)
		grown := b.sum(rig.Memory)
		t.Logf("%v: %d good answers, %d failures, workers %d KiB, master %d descriptors", time.Since(begin).Round(time.Second),
			h.good.Load(), len(h.failed()), grown>>10, rig.CountFDs(b.Pid))
		if memory == 0 {
			memory = grown
		}
		if grown > memory+4*growth || rig.CountFDs(b.Pid) > master+2 {
			t.Fatalf("something grows: workers %d KiB, at first %d; master %d descriptors, at first %d",
				grown>>10, memory>>10, rig.CountFDs(b.Pid), master)
		}
	}
	h.end()
}

// soakRound kills a worker and waits for its replacement and for progress.
func soakRound(t *testing.T, b *balancer, h *hammer) {
	t.Helper()
	before := b.workers()
	b.killWorker(before[0])
	replaced := func() bool {
		now := b.workers()
		return len(now) == len(before) && !slices.Contains(now, before[0])
	}
	// Back-off grows while workers keep dying.
	if !rig.Until(fatal, replaced) {
		t.Fatalf("workers %v instead of %v", b.workers(), before)
	}
	h.progress(t, 1000)
}

// TestSoakFaithful is TestRelayIsFaithful at length.
func TestSoakFaithful(t *testing.T) { relayFaithfully(t, 10_000, 100) }

// TestSoakRelayCrowd is TestRelayCrowd with as many connections as two workers with 20,000 descriptors each can relay.
func TestSoakRelayCrowd(t *testing.T) { holdRelays(t, 16_000) }
