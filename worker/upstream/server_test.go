package upstream

import (
	"net/netip"
	"strings"
	"testing"

	"lbmaster/conf"
)

// TestSourceOfAnotherFamily is refused when the proxy is made.
func TestSourceOfAnotherFamily(t *testing.T) {
	b := conf.Backend{
		Section: "listen.x", Source: &conf.Source{IP: netip.MustParseAddr("::1")},
		Servers: []conf.Server{{Name: "a", Address: conf.Address{IP: netip.MustParseAddr("127.0.0.1"), Port: 1}}},
	}
	s, err := newServer(&b.Servers[0], b.Source, &Backend{})
	if err == nil || s.source != nil || !strings.Contains(err.Error(), "not of the same family") {
		t.Errorf("%v", err)
	}
}
