package listen

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/environ"
)

// given are the listening sockets that this process was started with. A service manager passes them and says so in the
// environment (sd_listen_fds(3)); a bind like fd@3 names a descriptor whoever has left it. They belong to somebody else as
// well, and there is one of each: all workers poll it.
type given struct {
	sockets []*socket
}

type socket struct {
	fd    int
	name  string // as the service manager calls it
	at    socketAddress
	taken bool // a listener has a copy
}

// socketAddress is where a socket listens.
type socketAddress struct {
	addr netip.AddrPort
	path string // unix
}

func (p socketAddress) String() string {
	if p.path != "" {
		return "unix:" + p.path
	}
	return p.addr.String()
}

// FirstGiven is the first descriptor that a service manager passes.
const FirstGiven = 3

// TakeGiven finds the sockets, those of the service manager and those that c names by their number. It is called before
// this process has opened any of its own, which one of those numbers could be.
func TakeGiven(c *conf.Config, vars []string, first int) (*given, error) {
	g := &given{}
	var failures []error
	if environ.Of(vars, "LISTEN_PID") == strconv.Itoa(os.Getpid()) {
		n, _ := strconv.Atoi(environ.Of(vars, "LISTEN_FDS"))
		names := strings.Split(environ.Of(vars, "LISTEN_FDNAMES"), ":")
		for i := range n {
			name := ""
			if i < len(names) {
				name = names[i]
			}
			failures = append(failures, g.add(first+i, name))
		}
	}
	for i := range c.Frontends {
		for j := range c.Frontends[i].Binds {
			if b := &c.Frontends[i].Binds[j]; b.Network == "fd" && b.Name == "" {
				failures = append(failures, g.add(b.FD, ""))
			}
		}
	}
	return g, errors.Join(failures...)
}

// add takes a descriptor, which must be a socket that listens.
func (g *given) add(fd int, name string) error {
	if slices.ContainsFunc(g.sockets, func(s *socket) bool { return s.fd == fd }) {
		return nil
	}
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err == nil && kind == unix.SOCK_STREAM {
		kind, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	} else {
		kind = 0
	}
	if err == nil && kind == 0 {
		err = errors.New("it is no stream socket that listens")
	}
	s := &socket{fd: fd, name: name}
	if err == nil {
		s.at, err = socketAddressOf(fd)
	}
	if err != nil {
		return fmt.Errorf("cannot use the descriptor %d that this process was started with: %w", fd, err)
	}
	unix.CloseOnExec(fd)
	if s.at.path == "" {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // those it accepts inherit it
	}
	g.sockets = append(g.sockets, s)
	return errors.Join(err, unix.SetNonblock(fd, true))
}

func socketAddressOf(fd int) (socketAddress, error) {
	sa, err := unix.Getsockname(fd)
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return socketAddress{addr: netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))}, nil
	case *unix.SockaddrInet6:
		return socketAddress{addr: netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))}, nil
	case *unix.SockaddrUnix:
		return socketAddress{path: sa.Name}, nil
	}
	return socketAddress{}, errors.Join(errors.New("it has an address of an unknown kind"), err)
}

// Take makes a listener of the sockets that an address names, or that listen there; nil: there are none. It gets copies,
// so that it can be tried again.
func (g *given) Take(address string) (*Listener, error) {
	l := &Listener{One: true}
	for _, s := range g.sockets {
		if !s.is(address) {
			continue
		}
		if err := s.lend(l); err != nil {
			l.Close()
			return nil, err
		}
	}
	if len(l.FDs) == 0 {
		return nil, nil
	}
	return l, nil
}

// Serves and left: there is no generation before.
func (g *given) Serves() map[string]bool { return nil }
func (g *given) Left() []string          { return nil }

// is says whether an address, as bindText has it, means this socket.
func (s *socket) is(address string) bool {
	switch address {
	case "fd@" + strconv.Itoa(s.fd), s.at.String():
		return true
	}
	return s.name != "" && address == "fd@"+s.name
}

// lend adds a copy of the socket to a listener.
func (s *socket) lend(l *Listener) error {
	if len(l.FDs) > 0 && (l.Path == "") != (s.at.path == "") {
		return fmt.Errorf("the sockets that are called %s are of different kinds: give them different names", s.name)
	}
	fd, err := unix.FcntlInt(uintptr(s.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	s.taken = true
	l.FDs, l.Path = append(l.FDs, fd), s.at.path
	return nil
}

// Drop closes the sockets, which listeners have copies of, and returns what those are called that nobody wants.
func (g *given) Drop() []string {
	var names []string
	for _, s := range g.sockets {
		if !s.taken {
			names = append(names, fmt.Sprintf("%s (%s)", s.at, s.name))
		}
		unix.Close(s.fd) // nothing can be done about an error
	}
	g.sockets = nil
	return names
}
