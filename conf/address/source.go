package address

import (
	"fmt"
	"net/netip"
)

// Source is the local address of connections to servers. Port 0: any.
type Source struct {
	IP   netip.Addr
	Port int
}

// ParseSource reads the local address of connections to servers, "addr" or "addr:port".
func ParseSource(s, forms string) (*Source, error) {
	if ip, err := netip.ParseAddr(s); err == nil {
		return &Source{IP: ip.Unmap()}, nil
	}
	ap, err := netip.ParseAddrPort(s)
	if err != nil {
		return nil, fmt.Errorf("%q is not a source address: %s", s, forms)
	}
	return &Source{IP: ap.Addr().Unmap(), Port: int(ap.Port())}, nil
}
