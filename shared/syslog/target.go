package syslog

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Target is where datagrams are sent to.
type Target struct {
	Network string // "udp" or "unix"
	Address string // "127.0.0.1:514" or "/dev/log"
}

// Dial returns a datagram socket connected to the target, non-blocking and close-on-exec. The caller owns it and handles
// the errors of sending, none of which waits:
//
//   - EAGAIN: the reader of a unix socket is too slow, its queue is full.
//   - ECONNREFUSED, udp: an earlier datagram found nobody at the port, which an ICMP message told. The error is reported
//     once and is then gone; the datagram of the send that reports it has not been sent, and may be sent again.
//   - ECONNREFUSED, unix: the reader has gone. From then on it is ENOTCONN, even when another reader has bound the path,
//     until the target is dialled anew, for which the path must be within reach: a chroot may have put an end to that.
//
// Dialling a udp target fails only when there is no way to it; a unix socket must have its reader.
func Dial(t Target) (fd int, err error) {
	family, address, err := t.resolve()
	if err != nil {
		return -1, t.failed(err)
	}
	fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, t.failed(err)
	}
	if err := unix.Connect(fd, address); err != nil {
		_ = unix.Close(fd)
		return -1, t.failed(err)
	}
	return fd, nil
}

func (t Target) failed(err error) error {
	return fmt.Errorf("cannot log to %s %s: %w", t.Network, t.Address, err)
}

// resolve puts the target into the kernel's form. It asks no name server.
func (t Target) resolve() (family int, address unix.Sockaddr, err error) {
	switch t.Network {
	case "unix":
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: t.Address}, nil
	case "udp":
	default:
		return 0, nil, fmt.Errorf("%q is neither udp nor unix", t.Network)
	}
	to, err := netip.ParseAddrPort(t.Address)
	if err != nil {
		return 0, nil, err
	}
	ip := to.Addr().Unmap()
	switch {
	case ip.Zone() != "":
		return 0, nil, errors.New("an address with a zone cannot be used")
	case ip.Is4():
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(to.Port()), Addr: ip.As4()}, nil
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(to.Port()), Addr: ip.As16()}, nil
}
