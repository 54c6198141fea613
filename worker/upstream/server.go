package upstream

import (
	"errors"
	"fmt"
	"net/netip"

	"lbmaster/conf"
	"lbmaster/shared/stats"
	"lbmaster/worker/buffer"
	"lbmaster/worker/cookie"
	"lbmaster/worker/sock"
)

// MaxSetCookie is how long the field lines may be, in bytes, that make a client come back to a server: they must fit beside what else is
// added to a head.
const MaxSetCookie = buffer.Front / 2

// Server is what a worker needs of a conf.Server.
type Server struct {
	Name         string
	back         *Backend
	Cookie       string
	SetCookie    []byte // the field lines that make a client come back; nil: the proxy sets no cookie
	address      sock.Address
	moved        netip.AddrPort // the address that was set at run time; not valid: none
	moves        uint32         // how often that has happened; connections from before are not used again
	Mapped       bool           // the port is the one that the client has connected to, plus shift
	shift        int
	source       *sock.Address // where connections come from; nil: any address of this machine
	backup       bool
	Up           bool // and not in maintenance; follows the board, as the next one does
	wasUp        bool // when it was looked for those that have been marked down
	endsSessions bool // when it is marked down
	insist       bool // a cookie may choose it even when it is down
	Row          int  // of the counters
	idle         idlePool
	Counters     *stats.Counters
	Gauges       *stats.Gauges
}

func newServer(c *conf.Server, source *conf.Source, b *Backend) (*Server, error) {
	s := &Server{Name: c.Name, back: b, Cookie: c.Cookie, backup: c.Backup, endsSessions: c.OnDown == conf.OnDownShutdown, Mapped: c.Address.Mapped}
	if s.Mapped {
		s.shift = c.Address.Port
	}
	if b.Cookie.Mode == conf.CookieInsert {
		s.SetCookie = cookie.AppendSet(nil, b.Cookie.Name, c.Cookie)
		if b.Cookie.NoCache { // a shared cache must not hand the cookie to others
			s.SetCookie = append(s.SetCookie, "Cache-control: private\r\n"...)
		}
		if len(s.SetCookie) > MaxSetCookie {
			return nil, fmt.Errorf("cookie is %d bytes long: at most %d are possible", len(s.SetCookie), MaxSetCookie)
		}
	}
	if c.Source != nil {
		source = c.Source
	}
	return s, s.locate(&c.Address, source)
}

// newDispatch makes the one target of a backend without servers. It has no place on the board, and counts for nobody: what
// it would count is the backend's.
func newDispatch(c *conf.Backend, b *Backend) (*Server, error) {
	s := &Server{back: b, Up: true, Counters: new(stats.Counters), Gauges: new(stats.Gauges)}
	if err := s.locate(c.Dispatch, c.Source); err != nil {
		return nil, fmt.Errorf("dispatch of %s: %w", c.Section, err)
	}
	return s, nil
}

// locate says where the server is, and from where it is reached.
func (s *Server) locate(to *conf.Address, from *conf.Source) error {
	var err error
	if s.address, err = address(to); err != nil || from == nil || to.Path != "" {
		return err
	}
	source := sock.TCP(netip.AddrPortFrom(from.IP, uint16(from.Port)))
	if !source.SameFamily(&s.address) {
		return fmt.Errorf("source %v is not of the same family as the address %v", from.IP, to.IP)
	}
	s.source = &source
	return nil
}

// at is the address of a server with a mapped port, for a client that has connected to port. There is none when that port
// is not known, or the shifted one out of range.
func (s *Server) at(port uint16) (a sock.Address, ok bool) {
	p := int(port) + s.shift
	return s.address.WithPort(uint16(p)), port != 0 && p > 0 && p <= 65535
}

// address is where a server listens, in the kernel's form.
func address(a *conf.Address) (sock.Address, error) {
	if a.Path != "" {
		return sock.Unix(a.Path)
	}
	if !a.IP.IsValid() {
		return sock.Address{}, errors.New("the name " + a.Host + " has not been resolved")
	}
	return sock.TCP(netip.AddrPortFrom(a.IP, uint16(max(a.Port, 0)))), nil
}
