//go:build linux && soak

package tests

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSoakStandstill is TestStandstill at length and under load.
func TestSoakStandstill(t *testing.T) {
	for _, d := range []time.Duration{time.Second, 5 * time.Second, 20 * time.Second} {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			stillFor(t, d)
		})
	}
}

// stillFor plays a standstill under load, outside and inside of an upgrade.
func stillFor(t *testing.T, d time.Duration) {
	s, _ := newSite(t, 2)
	s.workers, s.timeout = 2, strings.ReplaceAll(shortTimes, `"1s"`, fmt.Sprintf("%q", (d*4/5).String()))
	b := s.run(t)
	for _, upgrade := range []bool{false, true} {
		h := startPatientHammer(t, settle+d, s.place.front(), 16, "/delay/1")
		h.progress(t, 100)
		if upgrade {
			b.Stderr.Forget()
			b.signal(syscall.SIGUSR2)
		}
		b.standStill(d)
		if upgrade {
			b.says("msg=ready")
			b.exits(settle, 0)
		}
		h.progress(t, 200)
		h.end()
		if failed := h.failed(); len(failed) > 0 {
			t.Errorf("%v, upgrade %v: %d requests failed: %v", d, upgrade, len(failed), failed[0])
		}
	}
	b.stopNext()
}
