package sock

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Address is a socket address in the kernel's form, made once so that connecting needs no conversion.
type Address struct {
	family int
	len    int
	raw    [unix.SizeofSockaddrAny]byte
}

// TCP is the address of a TCP port. A zone is not kept: link-local IPv6 addresses cannot be reached.
func TCP(ap netip.AddrPort) Address {
	a := Address{}
	ip := ap.Addr()
	binary.BigEndian.PutUint16(a.raw[2:], ap.Port())
	if ip.Is4() || ip.Is4In6() {
		v4 := ip.As4()
		a.family, a.len = unix.AF_INET, unix.SizeofSockaddrInet4
		copy(a.raw[4:], v4[:])
	} else {
		v6 := ip.As16()
		a.family, a.len = unix.AF_INET6, unix.SizeofSockaddrInet6
		copy(a.raw[8:], v6[:])
	}
	binary.NativeEndian.PutUint16(a.raw[0:], uint16(a.family))
	return a
}

// Unix is the address of a unix socket in the file system.
func Unix(path string) (Address, error) {
	if path == "" || strings.IndexByte(path, 0) >= 0 {
		return Address{}, fmt.Errorf("unix socket path %q is empty or has a NUL byte", path)
	}
	a := Address{family: unix.AF_UNIX, len: 2 + len(path) + 1}
	if a.len > unix.SizeofSockaddrUnix {
		return Address{}, fmt.Errorf("unix socket path %q is %d bytes long: at most %d are possible",
			path, len(path), unix.SizeofSockaddrUnix-3)
	}
	binary.NativeEndian.PutUint16(a.raw[0:], unix.AF_UNIX)
	copy(a.raw[2:], path)
	return a, nil
}

// WithPort is the same address with another port. It means nothing for a unix socket.
func (a *Address) WithPort(port uint16) Address {
	b := *a
	binary.BigEndian.PutUint16(b.raw[2:], port)
	return b
}

// SameFamily says whether a socket can be bound to one of the addresses and connected to the other.
func (a *Address) SameFamily(b *Address) bool { return a.family == b.family }

// Connect opens a socket and begins to connect it to a. The error is 0 when it is connected already, EINPROGRESS
// while it is on the way: then the socket is writable when the outcome is known, and Error tells it. Sending before
// that is allowed and returns EAGAIN. With any other error no socket is returned.
func Connect(a *Address) (FD, unix.Errno) { return ConnectFrom(nil, a) }

// ConnectFrom is Connect with a local address. EADDRINUSE and EADDRNOTAVAIL are about that; the latter may also mean that
// no local port is left.
func ConnectFrom(from, a *Address) (FD, unix.Errno) {
	n, _, e := syscall.RawSyscall(unix.SYS_SOCKET, uintptr(a.family), unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if e != 0 {
		return FD{}, e
	}
	f := Own(int(n))
	if a.family != unix.AF_UNIX {
		f.NoDelay() // a failure only costs time
	}
	if from != nil {
		e = f.bind(from)
	}
	if e == 0 {
		_, _, e = syscall.RawSyscall(unix.SYS_CONNECT, uintptr(f.Int()), uintptr(unsafe.Pointer(&a.raw)), uintptr(a.len))
	}
	if e != 0 && e != unix.EINPROGRESS {
		f.Close()
	}
	return f, e
}

// bind gives the socket a local address before it connects. Without a port, the choice of one is left to connect, which
// knows the other end: only the pair of both must be unique (ip(7), IP_BIND_ADDRESS_NO_PORT). With one, it may be in use
// by connections to other servers and by those that have ended a moment ago.
func (f *FD) bind(from *Address) unix.Errno {
	level, option := unix.SOL_SOCKET, unix.SO_REUSEADDR
	if from.raw[2]|from.raw[3] == 0 {
		level, option = unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT
	}
	if e := f.set(level, option, 1); e != 0 {
		return e
	}
	_, _, e := syscall.RawSyscall(unix.SYS_BIND, uintptr(f.Int()), uintptr(unsafe.Pointer(&from.raw)), uintptr(from.len))
	return e
}
