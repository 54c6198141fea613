package master

import (
	"net/netip"
	"slices"
	"time"

	"lbmaster/conf"
	"lbmaster/master/procfs"
	"lbmaster/shared/control"
)

// What becomes of addresses that the next generation widens or narrows: of its own and the older ones' sockets the kernel gives a
// connection to the more exact one.

// keepExact takes the sockets of addresses that the configuration has no more by themselves, but as part of a wider one: clients
// keep coming to them as long as they are open, and to close one resets who waits in it. They serve for the wider one.
func (o *opening) keepExact(all []*listener) (kept []*listener, err error) {
	if o.before == nil {
		return nil, nil
	}
	wide := wideIn(keysOf(all))
	for _, address := range o.before.left() {
		i, ok := wide.has(address)
		if !ok {
			continue
		}
		l, err := o.before.take(address)
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
	if m.incoming.sockets == nil {
		return false
	}
	wide := wideIn(m.incoming.sockets.left())
	return slices.ContainsFunc(m.listeners, func(l *listener) bool { _, ok := wide.has(l.key); return ok })
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
	wide := wideIn(slices.Concat(keys...))
	for _, l := range m.listeners {
		if m.config.Frontends[l.shard.Frontend].Mode != conf.ModeHTTP {
			continue
		}
		if _, ok := wide.has(l.key); ok {
			ours[netip.MustParseAddrPort(l.key)] = control.PlaceOf(l.shard)
		}
	}
	return ours
}

// wideAddresses are the addresses of a list that have all of their family, each with its index in the list.
type wideAddresses map[procfs.FamilyPort]wideAddress

type wideAddress struct {
	at    netip.AddrPort
	index int
}

// wideIn finds the wide ones among the addresses of listeners. Not all are of TCP, and few are wide.
func wideIn(addresses []string) wideAddresses {
	wide := make(wideAddresses)
	for i, address := range addresses {
		if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().IsUnspecified() {
			wide[procfs.FamilyPortOf(at)] = wideAddress{at, i}
		}
	}
	return wide
}

// has is the index of the wide address that has this one, and more.
func (w wideAddresses) has(address string) (index int, ok bool) {
	if len(w) == 0 {
		return 0, false
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return 0, false
	}
	first, ok := w[procfs.FamilyPortOf(at)]
	return first.index, ok && conf.Relate(first.at, at) == conf.Wider
}

// keysOf is the addresses of listeners.
func keysOf(all []*listener) []string {
	keys := make([]string, len(all))
	for i, l := range all {
		keys[i] = l.key
	}
	return keys
}
