package sock

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Peer is the address of a client, in the kernel's form. The zero value is none.
type Peer struct {
	raw [unix.SizeofSockaddrInet6]byte
}

// AddrPort is the client's address and port; not valid for a unix socket, whose clients have no name.
func (p *Peer) AddrPort() netip.AddrPort {
	port := binary.BigEndian.Uint16(p.raw[2:])
	switch binary.NativeEndian.Uint16(p.raw[0:]) {
	case unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(p.raw[4:8])), port)
	case unix.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(p.raw[8:24])).Unmap(), port)
	}
	return netip.AddrPort{}
}

// Accept takes one connection off a listening socket's queue, and writes the client's address to peer.
func (f *FD) Accept(peer *Peer) (FD, unix.Errno) {
	const flags = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	for {
		size := uint32(len(peer.raw))
		n, _, e := syscall.RawSyscall6(unix.SYS_ACCEPT4, uintptr(f.Int()), uintptr(unsafe.Pointer(&peer.raw)),
			uintptr(unsafe.Pointer(&size)), flags, 0, 0)
		switch e {
		case 0:
			return Own(int(n)), 0
		case unix.EINTR, unix.ECONNABORTED, unix.EPROTO, unix.ENETDOWN, unix.ENETUNREACH, unix.EHOSTDOWN,
			unix.EHOSTUNREACH, unix.ENOPROTOOPT, unix.ENONET:
			// accept(2): this client is lost already, but the next one may wait.
		default:
			return FD{}, e
		}
	}
}

// Peer is the address of a connected TCP socket's other end; not valid for any other.
func (f *FD) Peer() netip.AddrPort { return f.ask(unix.SYS_GETPEERNAME) }

// Name is the local address of a connected TCP socket; not valid for any other.
func (f *FD) Name() netip.AddrPort { return f.ask(unix.SYS_GETSOCKNAME) }

func (f *FD) ask(call uintptr) netip.AddrPort {
	var p Peer
	size := uint32(len(p.raw))
	_, _, e := syscall.RawSyscall(call, uintptr(f.Int()), uintptr(unsafe.Pointer(&p.raw)), uintptr(unsafe.Pointer(&size)))
	if e != 0 {
		return netip.AddrPort{}
	}
	return p.AddrPort()
}
