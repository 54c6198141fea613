//go:build linux && soak

package tests

import (
	"fmt"
	"strings"
	"testing"
)

// TestSoakManyPorts upgrades an instance whose DRAIN does not fit into a message of 64 KiB: an old worker that did not get it would
// go on accepting with the old configuration.
func TestSoakManyPorts(t *testing.T) {
	const sections, ports, first = 30, 100, 10000
	client := newClient(t)
	s, origins := newSite(t, 2)
	all := s.servers
	single := s.place.host(2)
	tail := func(host string, server target) string {
		var b strings.Builder
		for i := range sections {
			from := first + ports*i
			fmt.Fprintf(&b, "[listen.more%d]\nbind = \"%s:%d-%d\"\nmode = \"http\"\ntimeout = %s\n", i, host, from, from+ports-1, patient)
			fmt.Fprintf(&b, "server = [{ name = \"x\", address = %q }]\n", server.address)
		}
		return b.String()
	}
	s.servers, s.tail = all[:1], tail("*", all[0])
	inst := startInstance(t, s)
	s.servers, s.tail = all[1:], tail(single, all[1]) // DRAIN names each single address
	inst.rewrite(s.text())
	inst.upgrade()
	if !soon(func() bool { return len(inst.children()) == 1 }) {
		t.Fatalf("children %v, want one worker", inst.children())
	}
	for i := range sections {
		for _, port := range []int{0, ports - 1} {
			if got := fetch(t, client, fmt.Sprintf("http://%s:%d/", single, first+ports*i+port)); got.server() != "webB" {
				t.Fatalf("section %d answers from %s", i, got.server())
			}
		}
	}
	if n := origins[0].Stats().Requests; n != 0 {
		t.Errorf("the former server got %d requests", n)
	}
}
