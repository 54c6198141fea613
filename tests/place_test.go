//go:build linux

package tests

import (
	"fmt"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"

	"lbmaster/tools/rig"
)

// place is a test's own network, a /24 of the loopback network: hosts 1 to 9 are for lbmaster, those from 11 on for
// servers. Ports are explicit: a listening socket that asked for any port may come back on another one.
type place struct{ a, b int }

// places numbers the networks of this run; t.Parallel makes it the one shared thing.
var places atomic.Int32

// newPlace returns a network that no other test of this run has. The process id keeps two runs apart.
func newPlace(t interface{ Fatal(...any) }) place {
	switch n := int(places.Add(1)); {
	case n <= 255:
		return place{a: 20 + os.Getpid()%200, b: n}
	case n <= 2*255:
		return place{a: 220 + os.Getpid()%36, b: n - 255}
	}
	t.Fatal("no network left in 127.0.0.0/8 for this run")
	return place{}
}

func (p place) host(h int) string { return fmt.Sprintf("127.%d.%d.%d", p.a, p.b, h) }

func (p place) addr(h, port int) string { return fmt.Sprintf("%s:%d", p.host(h), port) }

// front is where lbmaster listens, unless a test needs more.
func (p place) front() string { return p.addr(1, 8080) }

func (p place) url(path string) string { return "http://" + p.front() + path }

// server is the address of the i-th server, from 0.
func (p place) server(i int) string { return p.addr(11+i, 8000) }

// listeners returns the addresses on which somebody listens in the part of the network that is lbmaster's.
func (p place) listeners() ([]netip.AddrPort, error) {
	all, err := rig.Listeners(netip.PrefixFrom(netip.MustParseAddr(p.host(0)), 24))
	var ours []netip.AddrPort
	for _, l := range all {
		if l.Addr().As4()[3] < 10 {
			ours = append(ours, l)
		}
	}
	return ours, err
}

// silent proves that nobody listens any more.
func (p place) silent(t *testing.T) {
	t.Helper()
	if err := p.vacated(); err != nil {
		t.Error(err)
	}
}

// vacated waits until nobody listens. A process that ends has no program any more before its sockets are closed.
func (p place) vacated() error {
	var left []netip.AddrPort
	var err error
	if !soon(func() bool { left, err = p.listeners(); return err == nil && len(left) == 0 }) {
		return fmt.Errorf("somebody still listens on %v, %w", left, err)
	}
	return nil
}
