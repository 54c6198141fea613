package monitor

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestGoodHost(t *testing.T) {
	names := []string{"metrics.example.org"}
	for _, tt := range []struct {
		host, listen, local string
		want                bool
	}{
		{"127.0.0.1:8404", "127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1:9999", "127.0.0.1", "127.0.0.1", true},
		{"127.0.0.2:8404", "127.0.0.1", "127.0.0.1", false},
		{"localhost:8404", "127.0.0.1", "127.0.0.1", true},
		{"LocalHost.", "::1", "::1", true},
		{"localhost", "0.0.0.0", "192.0.2.1", false},
		{"192.0.2.1:8404", "0.0.0.0", "192.0.2.1", true},
		{"0.0.0.0:8404", "0.0.0.0", "192.0.2.1", true},
		{"192.0.2.2", "0.0.0.0", "192.0.2.1", false},
		{"192.0.2.1", "0.0.0.0", "::ffff:192.0.2.1", true},
		{"[::1]:8404", "::1", "::1", true},
		{"[::1]", "::1", "::1", true},
		{"[::2]", "::1", "::1", false},
		{"[::1]x", "::1", "::1", false},
		{"[127.0.0.1]", "127.0.0.1", "127.0.0.1", false},
		{"metrics.example.org:80", "0.0.0.0", "192.0.2.1", true},
		{"Metrics.Example.Org.", "127.0.0.1", "127.0.0.1", true},
		{"metrics.example.org.evil.example", "127.0.0.1", "127.0.0.1", false},
		{"rebound.example:8404", "127.0.0.1", "127.0.0.1", false},
		{"127.0.0.1.evil.example", "127.0.0.1", "127.0.0.1", false},
		{"localhost:x", "127.0.0.1", "127.0.0.1", false},
		{"", "127.0.0.1", "127.0.0.1", true},
		{":80", "127.0.0.1", "127.0.0.1", false},
	} {
		if got := goodHost(tt.host, netip.MustParseAddr(tt.listen), netip.MustParseAddr(tt.local), names); got != tt.want {
			t.Errorf("%q at %s, listening on %s: %v", tt.host, tt.local, tt.listen, got)
		}
	}
}

// TestOtherHost: who asks by an unknown name hears what to do, of profiles too.
func TestOtherHost(t *testing.T) {
	c := testConfig("127.62.3.9")
	c.Admin.Hosts = []string{"metrics.example.org"}
	m, _ := buildMonitor(t, newInstance(t, c, 1))
	h := m.onlyHosts(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	for host, want := range map[string]int{"metrics.example.org": http.StatusOK, "rebound.example": http.StatusMisdirectedRequest} {
		for _, path := range []string{"/metrics", "/debug/pprof/heap"} {
			r, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
			r.Host = host
			h.ServeHTTP(w, r)
			if w.Code != want || want != http.StatusOK && !strings.Contains(w.Body.String(), "add the name to hosts in [admin]") {
				t.Errorf("%s of %s: %d %s", path, host, w.Code, w.Body)
			}
		}
	}
}
