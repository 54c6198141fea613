package listen

import (
	"errors"
	"net/netip"

	"lbmaster/master/procfs"

	"golang.org/x/sys/unix"
)

// OpenTCP opens one socket of the address for each worker. Where the generation before serves clients that these sockets would
// get, they listen when we have taken over: until then nobody may ever accept.
func (o *Opening) OpenTCP(ap netip.AddrPort, early bool) (*Listener, error) {
	joins, err := o.probe(ap, early)
	if err != nil {
		return nil, err
	}
	l := &Listener{Early: early}
	if err := l.grow(ap, o.workers); err != nil {
		return nil, err
	}
	if joins && o.renews {
		return l, nil
	}
	if err := l.ListenAgain(); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// probe looks whether the address can be ours, and whether we listen there already, exactly there or at an address that has some
// in common with it. SO_REUSEPORT would let us bind silently beside another program of the same user that has set it too, so
// that the address is first bound without it. If that does not succeed, only our own sockets and those of workers that have lost
// their master may be the reason.
func (o *Opening) probe(ap netip.AddrPort, early bool) (joins bool, err error) {
	fd, err := bindTCP(ap, false, early)
	if err == nil {
		return false, unix.Close(fd) // it has not listened: nothing was queued on it
	}
	if !errors.Is(err, unix.EADDRINUSE) {
		return false, err
	}
	others := o.listeningAt(ap)
	joins = o.strangers(others)
	switch {
	case len(others) == 0 && joins || o.heldByOrphans(others):
		return joins, nil
	case len(others) == 0: // a socket of both families listens there, or one that is only bound
		return false, err
	}
	return false, procfs.HeldBy(others)
}

// grow adds sockets when there are more workers than before. They do not listen yet: where the generation before serves they
// would take connections that nobody may ever accept.
func (l *Listener) grow(ap netip.AddrPort, workers int) error {
	for !l.Shared() && len(l.FDs) < workers {
		fd, err := bindTCP(ap, true, l.Early)
		if err != nil {
			l.Close()
			return err
		}
		l.FDs = append(l.FDs, fd)
	}
	return nil
}

// bindTCP makes a socket and binds it. SO_REUSEADDR is set too, so that after a pause of all shards any ordinary server
// could take the port (UNIX sockets have no such thing). The protocol is named: Go's net package would make an MPTCP
// socket, which cannot steer a REUSEPORT group.
//
// With early the address need not be there (ip(7), IP_FREEBIND): one that another machine has now, or of which IPv6 does not know
// yet whether it is its own, can be bound.
func bindTCP(ap netip.AddrPort, shard, early bool) (int, error) {
	family := unix.AF_INET6
	if ap.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, err
	}
	options := [][3]int{{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1}, {unix.IPPROTO_TCP, unix.TCP_NODELAY, 1}}
	if shard {
		options = append(options, [3]int{unix.SOL_SOCKET, unix.SO_REUSEPORT, 1})
	}
	if family == unix.AF_INET6 {
		options = append(options, [3]int{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1})
	}
	switch {
	case early && family == unix.AF_INET6:
		options = append(options, [3]int{unix.IPPROTO_IPV6, unix.IPV6_FREEBIND, 1})
	case early:
		options = append(options, [3]int{unix.IPPROTO_IP, unix.IP_FREEBIND, 1})
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o[0], o[1], o[2]); err != nil {
			return -1, errors.Join(err, unix.Close(fd))
		}
	}
	if err := unix.Bind(fd, sockaddr(ap)); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func sockaddr(ap netip.AddrPort) unix.Sockaddr {
	if ap.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ap.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(ap.Port()), Addr: ap.Addr().As16()}
}
