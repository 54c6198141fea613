// Package syslog sends log lines as syslog datagrams (RFC 3164).
package syslog

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Target is where lines go.
type Target struct {
	Network string // "udp" or "unix"
	Address string // "127.0.0.1:514" or "/dev/log"
}

// Dial opens a datagram socket that is connected to the target, non-blocking and close-on-exec, which is the caller's.
func Dial(t Target) (fd int, err error) {
	family, to, err := t.sockaddr()
	if err != nil {
		return -1, err
	}
	fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("cannot make a socket for %s: %w", t.Address, err)
	}
	if err := unix.Connect(fd, to); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("cannot reach %s: %w", t.Address, err)
	}
	return fd, nil
}

func (t Target) sockaddr() (family int, to unix.Sockaddr, err error) {
	if t.Network == "unix" {
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: t.Address}, nil
	}
	ap, err := netip.ParseAddrPort(t.Address)
	if err != nil {
		return 0, nil, fmt.Errorf("%q is not an address with a port: %w", t.Address, err)
	}
	if ap.Addr().Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ap.Addr().As4()}, nil
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(ap.Port()), Addr: ap.Addr().As16()}, nil
}
