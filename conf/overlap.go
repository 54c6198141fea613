package conf

import "net/netip"

// Relation is how two addresses on which somebody listens stand to each other.
//
// Two that overlap get along when both are the instance's own: the kernel gives a connection to the more exact one. Which
// socket of another program may be beside ours is no question of addresses alone, and not answered here.
type Relation uint8

const (
	Apart    Relation = iota // no connection could go to both
	Same                     // they are equal
	Wider                    // the first one has all addresses of its family, the second one of those
	Narrower                 // the other way round
)

// Relate says how a stands to b. The two families are apart: our sockets for IPv6 take nothing of IPv4 (IPV6_V6ONLY in ipv6(7)).
func Relate(a, b netip.AddrPort) Relation {
	switch {
	case a.Port() != b.Port() || a.Addr().Is4() != b.Addr().Is4():
		return Apart
	case a.Addr() == b.Addr():
		return Same
	case a.Addr().IsUnspecified():
		return Wider
	case b.Addr().IsUnspecified():
		return Narrower
	}
	return Apart
}
