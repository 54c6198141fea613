package master

import (
	"net/netip"
	"slices"
	"time"

	"lbmaster/conf"
	"lbmaster/master/listen"
	"lbmaster/shared/control"
)

// What becomes of addresses that the next generation widens or narrows: of its own and the older ones' sockets the kernel gives a
// connection to the more exact one.

// handshakeTime is for how long the generation before keeps a wider address of which the kernel gives us the new connections now.
// One that had begun before is still that generation's: its handshake may take a while, or wait for its client's first bytes
// (listen.DeferTime, after which the kernel asks the client once more). Without a socket to accept it it would be reset.
const handshakeTime = (listen.DeferTime + 1) * time.Second

// narrows says that the generation before has an address of which ours has a part.
func (m *master) narrows() bool {
	if m.incoming.sockets == nil {
		return false
	}
	wide := listen.WideIn(m.incoming.sockets.Left())
	return slices.ContainsFunc(m.listeners, func(l *listen.Listener) bool { _, ok := wide.Has(l.Key); return ok })
}

// exact is where our configuration has single addresses of an older generation's binds that had all of their family.
func (m *master) exact(keys [][]string) map[netip.AddrPort]control.Place {
	ours := make(map[netip.AddrPort]control.Place)
	wide := listen.WideIn(slices.Concat(keys...))
	for _, l := range m.listeners {
		if m.config.Frontends[l.Shard.Frontend].Mode != conf.ModeHTTP {
			continue
		}
		if _, ok := wide.Has(l.Key); ok {
			ours[netip.MustParseAddrPort(l.Key)] = control.PlaceOf(l.Shard)
		}
	}
	return ours
}
