//go:build linux && soak

package tests

import (
	"strings"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// TestSoakMemoryIsGivenBack: what a worker has needed for a peak of clients is the system's again some minutes later.
func TestSoakMemoryIsGivenBack(t *testing.T) {
	t.Parallel()
	const clients, size = 1500, 14_000
	s, _ := newSite(t, 1)
	s.global, s.timeout = "maxconn = 3000", `{ client = "10m", http_request = "10m" }`
	b := s.run(t)
	memory := func() int64 { return b.sum(rig.Memory) }
	dial(t, s.place.front()).get("/", 200)
	before := memory()
	var all []*raw
	for range clients {
		c := dial(t, s.place.front())
		c.send("GET / HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", size)) // no more: each keeps a buffer
		all = append(all, c)
	}
	peak := int64(0)
	if !soon(func() bool { peak = memory(); return peak > before+clients*size }) {
		t.Fatalf("%d clients take %d bytes, from %d", clients, peak, before)
	}
	for _, c := range all {
		c.Close()
	}
	after := peak
	if !rig.Until(5*time.Minute, func() bool { after = memory(); return after-before < (peak-before)/4 }) {
		t.Errorf("%d KiB before, %d at the peak, %d five minutes later", before>>10, peak>>10, after>>10)
	}
	t.Logf("%d KiB before, %d at the peak, %d afterwards", before>>10, peak>>10, after>>10)
}
