package proxy

import (
	"errors"
	"fmt"
	"net/netip"

	"lbmaster/conf"
	"lbmaster/shared/stats"
	"lbmaster/worker/cookie"
	"lbmaster/worker/sock"
)

// server is what a worker needs of a conf.Server.
type server struct {
	name      string
	back      *backend
	cookie    string
	setCookie []byte // the whole field line that makes a client come back; nil: the proxy sets none
	address   sock.Address
	reachable bool // the address is one that this version can connect to
	usable    bool // up and not in maintenance
	idle      idlePool
	counters  *stats.Counters
	gauges    *stats.Gauges
}

func newServer(c *conf.Server, b *backend) (*server, error) {
	s := &server{name: c.Name, back: b, cookie: c.Cookie}
	// Mapped ports and backup servers are accepted by the configuration but not yet in effect.
	s.reachable = !c.Address.Mapped && !c.Backup
	if b.insert {
		s.setCookie = cookie.AppendSet(nil, b.cookie, c.Cookie)
		if len(s.setCookie) > headReserve/2 {
			return nil, fmt.Errorf("cookie is %d bytes long: at most %d are possible", len(s.setCookie), headReserve/2)
		}
	}
	var err error
	s.address, err = address(&c.Address)
	return s, err
}

// address is where a server listens, in the kernel's form.
func address(a *conf.Address) (sock.Address, error) {
	if a.Path != "" {
		return sock.Unix(a.Path)
	}
	if !a.IP.IsValid() {
		return sock.Address{}, errors.New("the name " + a.Host + " has not been resolved")
	}
	return sock.TCP(netip.AddrPortFrom(a.IP, uint16(a.Port))), nil
}
