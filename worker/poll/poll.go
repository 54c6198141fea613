// Package poll wraps epoll(7) for a worker's event loop. It is the only importer of epoll.
//
// Stream sockets are registered once, edge-triggered, for reading and writing, and are never touched again: the
// owner remembers what an edge said until a call comes back short. While all goes well that costs the same as
// level-triggered registration (BenchmarkWait); it saves a system call each time that a session stops wanting to read
// or wants to write. A call until EAGAIN, which edge-triggered loops often make, would cost a quarter more: a receive that
// returned less than it had room for has emptied the socket (epoll(7)), unless an event said Urgent. Listening and control sockets are level-triggered.
package poll

import (
	"math"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Token travels with a registration and comes back with its events. Slot and sequence number together name one use
// of a slot: when the slot has a new owner, the sequence number differs, and a stale event can be told and dropped.
type Token struct {
	slot uint32 // kind in the upper 8 bits
	seq  uint32
}

// MaxSlots is the number of slots that a kind can have.
const MaxSlots = 1 << 24

// NewToken names the use seq of a slot below MaxSlots. The meaning of kind is the caller's.
func NewToken(kind uint8, slot, seq uint32) Token {
	return Token{uint32(kind)<<24 | slot&(MaxSlots-1), seq}
}

// Kind is the kind that NewToken was given.
func (t Token) Kind() uint8 { return uint8(t.slot >> 24) }

// Slot is the slot that NewToken was given.
func (t Token) Slot() uint32 { return t.slot & (MaxSlots - 1) }

// Seq is the sequence number that NewToken was given.
func (t Token) Seq() uint32 { return t.seq }

// Ready is what an event reports, and what a registration asks for.
type Ready uint32

const (
	Readable Ready = unix.EPOLLIN
	Writable Ready = unix.EPOLLOUT
	Urgent   Ready = unix.EPOLLPRI                 // there is urgent data: a receive stops short of it (tcp(7))
	PeerDone Ready = unix.EPOLLRDHUP               // the peer has finished sending
	Broken   Ready = unix.EPOLLHUP | unix.EPOLLERR // always reported; the connection has no future
	Failed   Ready = unix.EPOLLERR                 // part of Broken: it was reset, or could not be made

	edge Ready = unix.EPOLLET

	// Stream is the registration of a connected or connecting socket, edge-triggered.
	Stream = Readable | Writable | Urgent | PeerDone | edge
	// Once is the registration of a descriptor that is never read: each write to it makes one event.
	Once = Readable | edge
)

// Batch bounds the events of one wait, and so what a loop turn reads before it sends.
const Batch = 256

// untold is for how long the scheduler is not told of a wait, in ms: more than the 4 ms between two ticks of most kernels, less
// than the 10 ms after which the scheduler interrupts a thread that it takes for busy.
const untold = 6

// Poller is one epoll instance. It belongs to one event loop.
type Poller struct {
	fd     int
	n      int
	events [Batch]unix.EpollEvent
}

// New makes an epoll instance.
func New() (*Poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return &Poller{fd: fd}, nil
}

// Close gives the epoll instance back. Registered descriptors stay open.
func (p *Poller) Close() error { return unix.Close(p.fd) }

// Add registers fd. With Stream, a readiness that exists already is reported by the next Wait.
func (p *Poller) Add(fd int, want Ready, t Token) unix.Errno {
	return p.ctl(unix.EPOLL_CTL_ADD, fd, want, t)
}

// Remove ends the registration of an fd that stays open. Closing the last descriptor of a socket removes it too.
func (p *Poller) Remove(fd int) unix.Errno { return p.ctl(unix.EPOLL_CTL_DEL, fd, 0, Token{}) }

func (p *Poller) ctl(op, fd int, want Ready, t Token) unix.Errno {
	ev := unix.EpollEvent{Events: uint32(want), Fd: int32(t.slot), Pad: int32(t.seq)}
	_, _, e := syscall.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.fd), uintptr(op), uintptr(fd),
		uintptr(unsafe.Pointer(&ev)), 0, 0)
	return e
}

// Wait collects events for Event and returns their number. It waits at most timeout milliseconds, for ever when
// timeout is negative. A signal may end it early with no event.
//
// The first milliseconds of it are not told to the Go scheduler, which would take the processor from this thread and give
// it back afterwards, with the help of two others: on a machine that is half busy, and waits for 100 us at a time, that costs
// a third of the processor time of a wait (BenchmarkShortWait), and a tenth of that of a relayed connection. It also spares a
// look without waiting. Nothing else of the process runs meanwhile, unless the scheduler insists with a signal, so that it must
// be short. But not shorter than a tick: the end of such a wait is the kernel's next event, for which the clock of the
// processor is set, and set back when something comes before. On a virtual machine that costs a tenth of a request of a
// single client.
func (p *Poller) Wait(timeout int) (int, unix.Errno) {
	short := timeout
	if timeout < 0 || timeout > untold {
		short = untold
	}
	n, _, e := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events)), Batch, uintptr(short), 0, 0)
	if n == 0 && e == 0 && timeout != short {
		timeout = min(timeout, math.MaxInt32) // epoll_wait(2) takes an int
		n, _, e = syscall.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events)), Batch, uintptr(timeout), 0, 0)
	}
	if e != 0 {
		p.n = 0
		if e == unix.EINTR {
			e = 0
		}
		return 0, e
	}
	p.n = int(n)
	return p.n, 0
}

// Event is the i-th event of the last Wait.
func (p *Poller) Event(i int) (Token, Ready) {
	ev := &p.events[i]
	return Token{uint32(ev.Fd), uint32(ev.Pad)}, Ready(ev.Events)
}
