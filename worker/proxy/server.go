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
	setCookie []byte // the field lines that make a client come back; nil: the proxy sets no cookie
	address   sock.Address
	reachable bool // the address is one that this version can connect to
	backup    bool
	up        bool // and not in maintenance; follows the board, as the next one does
	insist    bool // a cookie may choose it even when it is down
	row       int  // of the counters
	idle      idlePool
	counters  *stats.Counters
	gauges    *stats.Gauges
}

func newServer(c *conf.Server, b *backend) (*server, error) {
	s := &server{name: c.Name, back: b, cookie: c.Cookie, backup: c.Backup}
	// Mapped ports are accepted by the configuration but not yet in effect.
	s.reachable = !c.Address.Mapped
	if b.cookie.Mode == conf.CookieInsert {
		s.setCookie = cookie.AppendSet(nil, b.cookie.Name, c.Cookie)
		if b.cookie.NoCache { // a shared cache must not hand the cookie to others
			s.setCookie = append(s.setCookie, "Cache-control: private\r\n"...)
		}
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
