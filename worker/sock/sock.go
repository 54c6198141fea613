// Package sock makes the socket calls of a worker's event loop.
//
// Every socket is non-blocking and close-on-exec. Calls that cannot block go through RawSyscall: the Go scheduler
// is not told of them, which saves more than the parsing of a request costs (BenchmarkSendRecv). Those that could block
// if somebody made a copy of the socket blocking ask not to (MSG_DONTWAIT); Accept cannot.
//
// Errors are plain errno values, 0 for none: nothing is allocated. EINTR never reaches the caller.
package sock

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// FD owns one descriptor. The zero value owns none.
type FD struct {
	n int32 // descriptor + 1, so that the zero value is none
}

// Own takes ownership of the descriptor n.
func Own(n int) FD {
	opened(n)
	return FD{int32(n) + 1}
}

// Int is the descriptor's number, -1 for none. The FD keeps owning it.
func (f *FD) Int() int { return int(f.n) - 1 }

// Valid says whether a descriptor is owned.
func (f *FD) Valid() bool { return f.n != 0 }

// Close gives the descriptor back to the kernel. Closing none is allowed.
func (f *FD) Close() {
	if f.n == 0 {
		return
	}
	n := f.Int()
	f.n = 0
	closed(n)
	// close(2) on Linux has released the descriptor even when it returns an error: there is nothing to do about one.
	syscall.RawSyscall(unix.SYS_CLOSE, uintptr(n), 0, 0)
}

// Disown returns the descriptor without closing it; somebody else owns it now.
func (f *FD) Disown() int {
	n := f.Int()
	f.n = 0
	closed(n)
	return n
}

// Recv reads at most len(p) bytes, at least one being asked for. 0 bytes without an error: the peer has finished sending.
func (f *FD) Recv(p []byte) (int, unix.Errno) {
	for {
		n, _, e := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(f.Int()),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
		if e != unix.EINTR {
			return count(n, e), e
		}
	}
}

// Peek says whether the peer has sent something (n > 0), has finished (n = 0) or neither (EAGAIN), and leaves it unread.
func (f *FD) Peek() (int, unix.Errno) {
	var one [1]byte
	for {
		n, _, e := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(f.Int()), uintptr(unsafe.Pointer(&one)), 1, unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0)
		if e != unix.EINTR {
			return count(n, e), e
		}
	}
}

// Send writes at most len(p) bytes and never raises SIGPIPE.
func (f *FD) Send(p []byte) (int, unix.Errno) { return f.send(p, 0) }

// SendMore is Send, when another Send, ShutdownWrite or Close follows at once. The kernel waits for it, for 200 ms at most, so
// that a packet can carry both (tcp(7), MSG_MORE).
func (f *FD) SendMore(p []byte) (int, unix.Errno) { return f.send(p, unix.MSG_MORE) }

func (f *FD) send(p []byte, flags uintptr) (int, unix.Errno) {
	for {
		n, _, e := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(f.Int()),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags|unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT, 0, 0)
		if e != unix.EINTR {
			return count(n, e), e
		}
	}
}

// ShutdownWrite tells the peer that nothing more will be sent (shutdown(2), SHUT_WR).
func (f *FD) ShutdownWrite() {
	// An error means that the connection is gone, which the next read reports.
	syscall.RawSyscall(unix.SYS_SHUTDOWN, uintptr(f.Int()), unix.SHUT_WR, 0)
}

// Error takes the pending error of the socket, for example the outcome of a non-blocking connect (SO_ERROR).
func (f *FD) Error() unix.Errno {
	e, err := unix.GetsockoptInt(f.Int(), unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err.(unix.Errno)
	}
	return unix.Errno(e)
}

// NoDelay sends small segments at once (TCP_NODELAY). A socket accepted from a listener inherits the listener's.
func (f *FD) NoDelay() unix.Errno { return f.set(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) }

// KeepUrgent leaves urgent data among the other bytes, instead of dropping them (SO_OOBINLINE). A socket accepted from a
// listener inherits the listener's.
func (f *FD) KeepUrgent() unix.Errno { return f.set(unix.SOL_SOCKET, unix.SO_OOBINLINE, 1) }

// KeepAlive lets the kernel look whether a silent peer is still there (SO_KEEPALIVE).
func (f *FD) KeepAlive() unix.Errno { return f.set(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1) }

// set sets an option of the socket that is an integer.
func (f *FD) set(level, option int, value int32) unix.Errno {
	_, _, e := syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(f.Int()), uintptr(level), uintptr(option),
		uintptr(unsafe.Pointer(&value)), unsafe.Sizeof(value), 0)
	return e
}

// Unsent is how many of the bytes that were sent the peer's kernel has not got yet; 0 when that cannot be known (SIOCOUTQ, tcp(7)).
func (f *FD) Unsent() int {
	n, err := unix.IoctlGetInt(f.Int(), unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// ResetOnClose makes the next Close cut the connection with a reset instead of an orderly end (SO_LINGER of 0 s).
func (f *FD) ResetOnClose() {
	l := unix.Linger{Onoff: 1}
	// A socket that refuses the option is closed in order: the peer then learns of the end by the missing bytes.
	_, _, _ = syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(f.Int()), unix.SOL_SOCKET, unix.SO_LINGER,
		uintptr(unsafe.Pointer(&l)), unsafe.Sizeof(l), 0)
}

// count turns a system call's result into a number of bytes.
func count(n uintptr, e unix.Errno) int {
	if e != 0 {
		return 0
	}
	return int(n)
}
