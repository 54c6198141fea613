package listen

import (
	"net/netip"

	"lbmaster/conf"
	"lbmaster/master/procfs"
)

// keepExact takes the sockets of addresses that the configuration has no more by themselves, but as part of a wider one: clients
// keep coming to them as long as they are open, and to close one resets who waits in it. They serve for the wider one.
func (o *Opening) keepExact(all []*Listener) (kept []*Listener, err error) {
	if o.before == nil {
		return nil, nil
	}
	wide := WideIn(keysOf(all))
	for _, address := range o.before.Left() {
		i, ok := wide.Has(address)
		if !ok {
			continue
		}
		l, err := o.before.Take(address)
		if err != nil {
			return kept, err
		}
		l.Key, l.Shard, l.Defers, l.Early = address, all[i].Shard, all[i].Defers, all[i].Early
		if err := l.grow(netip.MustParseAddrPort(address), o.workers); err != nil {
			return kept, err
		}
		kept = append(kept, l)
	}
	return kept, nil
}

// WideAddresses are the addresses of a list that have all of their family, each with its index in the list.
type WideAddresses map[procfs.FamilyPort]wideAddress

type wideAddress struct {
	at    netip.AddrPort
	index int
}

// WideIn finds the wide ones among the addresses of listeners. Not all are of TCP, and few are wide.
func WideIn(addresses []string) WideAddresses {
	wide := make(WideAddresses)
	for i, address := range addresses {
		if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().IsUnspecified() {
			wide[procfs.FamilyPortOf(at)] = wideAddress{at, i}
		}
	}
	return wide
}

// Has is the index of the wide address that Has this one, and more.
func (w WideAddresses) Has(address string) (index int, ok bool) {
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
func keysOf(all []*Listener) []string {
	keys := make([]string, len(all))
	for i, l := range all {
		keys[i] = l.Key
	}
	return keys
}
