package master

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"lbmaster/conf"
)

// resolveTime bounds the resolution of all names together.
const resolveTime = 5 * time.Second

// resolver looks a name up; net.Resolver.LookupNetIP is one.
type resolver func(ctx context.Context, network, host string) ([]netip.Addr, error)

// resolve gives every server that is named by host, and every target of a dispatch, the first address of that name. It happens once, before anybody
// may be chrooted, so that an answer that changes later is not seen. All names that fail are reported.
func resolve(c *conf.Config, lookup resolver) error {
	ctx, cancel := context.WithTimeout(context.Background(), resolveTime)
	defer cancel()
	var failures []error
	for i := range c.Backends {
		b := &c.Backends[i]
		find := func(a *conf.Address, what string) {
			if a.Path != "" || a.IP.IsValid() {
				return
			}
			var err error
			if a.IP, err = first(ctx, lookup, a.Host); err != nil {
				failures = append(failures, fmt.Errorf("cannot resolve %s for %s of %s: %w", a.Host, what, b.Section, err))
			}
		}
		if b.Dispatch != nil {
			find(b.Dispatch, "dispatch")
		}
		for j := range b.Servers {
			find(&b.Servers[j].Address, "server "+b.Servers[j].Name)
		}
	}
	return errors.Join(failures...)
}

func first(ctx context.Context, lookup resolver, host string) (netip.Addr, error) {
	all, err := lookup(ctx, "ip", host)
	if err != nil {
		var dns *net.DNSError
		if errors.As(err, &dns) {
			return netip.Addr{}, errors.New(dns.Err)
		}
		return netip.Addr{}, err
	}
	if len(all) == 0 {
		return netip.Addr{}, errors.New("the name has no address")
	}
	return all[0].Unmap(), nil
}
