package master

import (
	"net/netip"
	"slices"
	"time"

	"lbmaster/conf"
	"lbmaster/shared/control"
)

// What becomes of addresses that the next generation widens or narrows: of its own and the older ones' sockets the kernel gives a
// connection to the more exact one.

// keepExact claims the sockets of addresses that the configuration has no more by themselves, but as part of a wider one: clients
// keep coming to them as long as they are open, and to close one resets who waits in it. They serve for the wider one.
func (o *opening) keepExact(all []*listener) (kept []*listener, err error) {
	if o.before == nil {
		return nil, nil
	}
	for _, address := range o.before.left() {
		i := slices.IndexFunc(all, func(l *listener) bool { return wider(l.key, address) })
		if i < 0 {
			continue
		}
		l, err := o.before.claim(address)
		if err != nil {
			return kept, err
		}
		l.key, l.shard, l.defers, l.early = address, all[i].shard, all[i].defers, all[i].early
		if err := l.grow(netip.MustParseAddrPort(address), o.workers); err != nil {
			return kept, err
		}
		kept = append(kept, l)
	}
	return kept, nil
}

// handshakeTime is for how long the generation before keeps a wider address of which the kernel gives us the new connections now.
// One that had begun before is still that generation's: its handshake may take a while, or wait for its client's first bytes
// (deferTime, after which the kernel asks the client once more). Without a socket to accept it it would be reset.
const handshakeTime = (deferTime + 1) * time.Second

// narrows says that the generation before has an address of which ours has a part.
func (m *master) narrows() bool {
	if m.estate == nil {
		return false
	}
	return slices.ContainsFunc(m.estate.left(), func(address string) bool {
		return slices.ContainsFunc(m.listeners, func(l *listener) bool { return wider(address, l.key) })
	})
}

// drainLate drains the generations whose moment has passed.
func (m *master) drainLate(now time.Time) {
	for _, g := range m.old {
		if !g.drains.IsZero() && !now.Before(g.drains) {
			m.drain(g)
		}
	}
}

// exact is where our configuration has single addresses of an older generation's binds that had all of their family.
func (m *master) exact(keys [][]string) map[netip.AddrPort]control.Place {
	ours := make(map[netip.AddrPort]control.Place)
	for _, key := range slices.Concat(keys...) {
		for _, l := range m.listeners {
			if m.config.Frontends[l.shard.Frontend].Mode == conf.ModeHTTP && wider(key, l.key) {
				ours[netip.MustParseAddrPort(l.key)] = control.PlaceOf(l.shard)
			}
		}
	}
	return ours
}

// wider says that an address of a listener has another one, and more. Not all are of TCP, and few are wide.
func wider(wide, exact string) bool {
	first, err := netip.ParseAddrPort(wide)
	if err != nil || !first.Addr().IsUnspecified() {
		return false
	}
	second, err := netip.ParseAddrPort(exact)
	return err == nil && conf.Relate(first, second) == conf.Wider
}
