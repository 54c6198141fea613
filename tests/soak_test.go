//go:build linux && soak

package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	upgradeOften(t, func(*instance, *site, int) {})
}

// The same with two builds and two sets of servers, in turn.
func TestSoakReplacements(t *testing.T) {
	programs, all := []string{anotherBuild(t), product()}, []target(nil)
	upgradeOften(t, func(inst *instance, s *site, n int) {
		if all == nil {
			all = s.servers
		}
		inst.install(programs[n%2])
		s.servers = all[n/2%2:][:1]
		inst.rewrite(s.text())
	})
}

// upgradeOften changes something before each upgrade.
func upgradeOften(t *testing.T, change func(inst *instance, s *site, n int)) {
	t.Helper()
	s, _ := newSite(t, 2)
	s.workers, s.listen = 2, insertCookie
	inst := startInstance(t, s)
	alone := func() {
		t.Helper()
		if !soon(func() bool { return len(inst.children()) == 2 }) {
			t.Errorf("children %v when nobody is connected any more", inst.children())
		}
	}
	inst.upgrade()
	alone()
	fds, memory := inst.holds()
	c := startCrowd(t, s.place.front(), 64, 2*time.Second, 10*time.Second)
	var longest time.Duration
	for n := range 99 {
		change(inst, &s, n)
		begin := time.Now()
		inst.upgrade()
		longest = max(longest, time.Since(begin))
		c.progress(100)
	}
	t.Logf("longest upgrade %v, from the signal to the old master's end", longest)
	c.end()
	c.check(t)
	inst.upgrade()
	alone()
	// What was shared with the last generation is let go of soon after its end.
	var more int
	var grown int64
	soon(func() bool { more, grown = inst.holds(); return more <= fds+2 })
	t.Logf("descriptors %d, at first %d; memory of the newest master and workers %d KiB, at first %d", more, fds, grown>>10, memory>>10)
	if more > fds+2 || grown > memory+memory/5 {
		t.Error("something grows")
	}
}

// A thousand wishes, one after the other, without waiting for any of them. What becomes of them is counted by lbmaster: the
// generations by their numbers, and the upgrades, of which there are as many and one less.
func TestSoakWishes(t *testing.T) {
	s, _ := newSite(t, 1)
	s.workers = 2
	s.withAdmin(t)
	inst := startInstance(t, s)
	inst.upgrade()
	settled := func() bool { return len(inst.masters()) == 1 && len(inst.children()) == 3 }
	if !rig.Until(fatal, settled) {
		t.Fatalf("masters %v, children %v", inst.masters(), inst.children())
	}
	awaitOneGeneration(t, &s) // the monitor has everything when it answers
	fds, _ := inst.holds()
	const wishes = 1000
	sent, begin := 0, time.Now()
	for limit := begin.Add(5 * fatal); sent < wishes; {
		if time.Now().After(limit) {
			t.Fatalf("only %d signals were sent", sent)
		}
		// One that is only coming up may not know the signal yet; and one that has left by then gets none.
		if masters := inst.masters(); len(masters) == 1 && rig.Kill(masters[0], syscall.SIGUSR2) == nil {
			sent++
		}
		time.Sleep(10 * time.Millisecond)
	}
	took := time.Since(begin)
	calm := func() bool { // the last wish may have been remembered for later
		before := inst.masters()
		time.Sleep(time.Second)
		return slices.Equal(before, inst.masters()) && settled()
	}
	if !rig.Until(fatal, calm) {
		t.Fatalf("masters %v, children %v", inst.masters(), inst.children())
	}
	inst.master = inst.masters()[0]
	awaitOneGeneration(t, &s)
	inst.upgrade() // tableflip keeps what older generations have handed over until the next time
	if !rig.Until(fatal, calm) {
		t.Fatalf("masters %v, children %v", inst.masters(), inst.children())
	}
	generation := awaitOneGeneration(t, &s)
	values, _ := samples(t, scrape(t, s.metrics()))
	upgrades, failures := int(values["lbmaster_upgrades_total"]), int(values["lbmaster_upgrade_failures_total"])
	more, _ := inst.holds()
	dead := zombies(t, append(inst.children(), inst.master))
	t.Logf("%d signals in %v: %d generations, %d upgrades, %d failed; at the end 1 active generation, %d processes, %d zombies, "+
		"%d descriptors, %d at the beginning", sent, took.Round(time.Millisecond), generation, upgrades, failures, len(inst.processes()), len(dead), more, fds)
	switch {
	case generation != upgrades+1 || failures != 0:
		t.Error("the numbers do not agree, or an upgrade has failed")
	case generation < wishes/20:
		t.Error("hardly any wish is fulfilled")
	case len(dead) > 0:
		t.Errorf("zombies %v", dead)
	case more > fds+2:
		t.Error("descriptors leak")
	}
	for range 10 {
		dial(t, s.place.front()).get("/", 200)
	}
}

// awaitOneGeneration waits until a single generation is alive, and returns its number.
func awaitOneGeneration(t *testing.T, s *site) int {
	t.Helper()
	var number int
	var text string
	one := func() bool {
		text = tell(t, s.socket, "show generations")
		all := strings.Split(strings.TrimSpace(text), "\n")[1:] // without the heading
		all = slices.DeleteFunc(all, func(line string) bool { return strings.HasPrefix(line, "#") })
		if len(all) != 1 {
			return false
		}
		n, err := fmt.Sscanf(all[0], "%d active ", &number)
		return n == 1 && err == nil
	}
	if !rig.Until(fatal, one) {
		t.Fatalf("generations:\n%s", text)
	}
	return number
}

// zombies are the children of processes that have ended, and that these have not waited for.
func zombies(t *testing.T, parents []int) (dead []int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ") // behind the name of the program (proc(5))
		var state string
		var parent int
		if _, err := fmt.Sscan(rest, &state, &parent); err != nil {
			t.Fatalf("%s: %q", file, text)
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && state == "Z" && slices.Contains(parents, parent) {
			dead = append(dead, pid)
		}
	}
	return dead
}

// holds counts the descriptors and the memory of the newest master and its own children.
func (inst *instance) holds() (fds int, memory int64) {
	for _, pid := range append(rig.Children(inst.master), inst.master) {
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
