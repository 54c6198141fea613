//go:build linux && soak

package tests

import (
	"os"
	"slices"
	"strings"
	"syscall"
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

// A hundred upgrades under load. What the newest master and its workers hold at the end is what they held after the first.
func TestSoakUpgrades(t *testing.T) {
	s, _ := newSite(t, 2)
	s.workers, s.listen = 2, insertCookie
	d := found(t, s)
	d.upgrade()
	fds, memory := d.holds()
	c := startCrowd(t, s.place.front(), 64, 2*time.Second, 10*time.Second)
	var longest time.Duration
	for range 99 {
		begin := time.Now()
		d.upgrade()
		longest = max(longest, time.Since(begin))
		c.progress(100)
	}
	t.Logf("longest upgrade %v, from the signal to the old master's end", longest)
	c.end()
	c.check(t)
	if !soon(func() bool { return len(d.children()) == 2 }) {
		t.Errorf("children %v when nobody is connected any more", d.children())
	}
	d.upgrade()
	more, grown := d.holds()
	t.Logf("descriptors %d, at first %d; memory of the newest master and workers %d KiB, at first %d", more, fds, grown>>10, memory>>10)
	if more > fds+2 || grown > memory+memory/5 {
		t.Error("something grows")
	}
}

// A thousand wishes, one after the other, without waiting for any of them.
func TestSoakWishes(t *testing.T) {
	s, _ := newSite(t, 1)
	s.workers = 2
	d := found(t, s)
	for range 1000 {
		if masters := d.masters(); len(masters) == 1 { // one that is only coming up may not know the signal yet
			_ = rig.Kill(masters[0], syscall.SIGUSR2)
		}
		time.Sleep(10 * time.Millisecond)
	}
	settled := func() bool { return len(d.masters()) == 1 && len(d.children()) == 2 }
	if !rig.Until(fatal, settled) {
		t.Fatalf("masters %v, children %v", d.masters(), d.children())
	}
	d.reigns = d.masters()[0]
	fds, _ := d.holds()
	t.Logf("%d descriptors; %d generations", fds, strings.Count(d.Said(), "has taken over"))
	if fds > 100 {
		t.Errorf("the newest master and its workers have %d descriptors", fds)
	}
}

// holds counts the descriptors and the memory of the newest master and its own children.
func (d *dynasty) holds() (fds int, memory int64) {
	for _, pid := range append(rig.Children(d.reigns), d.reigns) {
		fds += rig.CountFDs(pid)
		n, _ := rig.Memory(pid)
		memory += n
	}
	return fds, memory
}

// TestSoakFaithful is TestRelayIsFaithful at length.
func TestSoakFaithful(t *testing.T) { relayFaithfully(t, 10_000, 100) }

// TestSoakRelayCrowd is TestRelayCrowd with as many connections as two workers with 20,000 descriptors each can relay.
func TestSoakRelayCrowd(t *testing.T) { holdRelays(t, 16_000) }
