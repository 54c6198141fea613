package flow

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"lbmaster/worker/sock"
)

// Socket is what a Conn does with its stream socket: *sock.FD is the kernel's. No call waits; EAGAIN says that the kernel would, and the
// poller tells when that is over. Errors are those of the system call of that name.
type Socket interface {
	Valid() bool // it is open
	Int() int    // the descriptor, for the poller and for hand-over

	Recv(p []byte) (int, unix.Errno)                   // 0 without an error: the peer has ended its side, and all has been received
	Peek() (int, unix.Errno)                           // how much of one byte could be received
	Send(p []byte) (int, unix.Errno)                   // how much of p the kernel has taken; p is the caller's again
	SendMore(p []byte) (int, unix.Errno)               // the same, and more, or the end, follows at once
	FillPipe(p *sock.Pipe, most int) (int, unix.Errno) // receives into a pipe
	DrainPipe(p *sock.Pipe) (int, unix.Errno)          // sends what a pipe holds

	Error() unix.Errno      // takes the pending error, that of a connect among them; 0: there is none
	Unsent() int            // bytes that the peer's kernel has not got
	ShutdownWrite()         // ends our side
	ResetOnClose()          // Close will reset the connection, and what is unsent is lost
	KeepUrgent() unix.Errno // urgent data stays in its place in the stream
	KeepAlive() unix.Errno  // the kernel looks whether a silent peer is there
	Name() netip.AddrPort   // our address; not valid on a unix socket
	Close()
}

var _ Socket = (*sock.FD)(nil)
