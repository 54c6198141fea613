//go:build linux && soak

package tests

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// TestSoakManyServers prints how long an instance with many servers takes to start and to upgrade, and asserts that four times
// the servers do not take sixteen times as long.
func TestSoakManyServers(t *testing.T) {
	var upgrades []time.Duration
	for _, n := range []int{5000, 20000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) { upgrades = append(upgrades, upgradeOfMany(t, n)) })
	}
	if len(upgrades) == 2 && upgrades[1] > 8*upgrades[0] {
		t.Errorf("an upgrade takes %v with 5000 servers, %v with 20000", upgrades[0], upgrades[1])
	}
}

// upgradeOfMany is the shortest of some upgrades with n servers, from the signal until the next generation is ready.
func upgradeOfMany(t *testing.T, n int) time.Duration {
	t.Helper()
	s := site{place: newPlace(t), workers: 2}
	for i := range n {
		s.servers = append(s.servers, target{fmt.Sprint("web", i), s.place.server(0), ""})
	}
	begin := time.Now()
	inst := startInstance(t, s)
	t.Logf("%d servers: started in %v", n, time.Since(begin).Round(time.Millisecond))
	var best time.Duration
	for generation := 2; generation <= 4; generation++ {
		inst.Stderr.Forget()
		begin, before := time.Now(), inst.master
		if err := rig.Kill(before, syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		if !rig.Until(fatal, func() bool { return inst.Stderr.Has("msg=ready") }) {
			t.Fatalf("generation %d is not ready; it said:\n%s", generation, inst.Said())
		}
		took := time.Since(begin)
		inst.await(func(masters []int) bool { return len(masters) == 1 && masters[0] != before })
		t.Logf("%d servers: upgraded in %v", n, took.Round(time.Millisecond))
		if best == 0 || took < best {
			best = took
		}
	}
	return best
}
