package sock

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Pipe is a kernel buffer through which bytes pass from one socket to another without being copied (splice(2)).
//
// Its capacity counts pages, not bytes: what a socket gives may take a page for a few bytes, so that a pipe is full
// at anything between a tenth of its size and many times of it. EAGAIN of Fill is therefore only clear for an empty
// pipe.
type Pipe struct {
	in, out FD
	held    int
	next    *Pipe // in the free list of Pipes
}

// NewPipe opens a pipe with room for size bytes, which the kernel rounds up to a power of two pages. With less than that
// a pipe still works: an unprivileged user's later pipes get two pages (pipe(7), pipe-user-pages-soft).
func NewPipe(size int) (*Pipe, unix.Errno) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return nil, err.(unix.Errno)
	}
	p := &Pipe{out: Own(ends[0]), in: Own(ends[1])}
	// EPERM: the user has too many pages in pipes already; the pipe keeps the size that it has.
	_, _ = unix.FcntlInt(uintptr(p.in.Int()), unix.F_SETPIPE_SZ, size)
	return p, 0
}

// Close drops what the pipe holds and gives both its ends back to the kernel.
func (p *Pipe) Close() {
	p.in.Close()
	p.out.Close()
	p.held = 0
}

// Held is the number of bytes in the pipe.
func (p *Pipe) Held() int { return p.held }

// Fill moves at most n bytes from a stream socket into the pipe. 0 bytes without an error: the peer has finished sending.
// Urgent data stands in the way: what comes after it cannot be had, which is EAGAIN.
func (p *Pipe) Fill(from *FD, n int) (int, unix.Errno) {
	moved, e := splice(from.Int(), p.in.Int(), n)
	p.held += moved
	return moved, e
}

// Drain moves the pipe's bytes to a stream socket, all of them or until an error: EAGAIN, when the socket is full. It must
// not be asked to when there are none: an empty pipe is EAGAIN too. Unlike Send, it raises SIGPIPE when the peer is gone.
//
// That splice moved less than was asked for does not mean that the socket is full, and that it will announce room: a signal
// ends the call early, and the Go scheduler sends some to a thread that is busy for long.
func (p *Pipe) Drain(to *FD) (int, unix.Errno) {
	for sum := 0; ; {
		moved, e := splice(p.out.Int(), to.Int(), p.held)
		p.held -= moved
		sum += moved
		if e != 0 || p.held == 0 {
			return sum, e
		}
	}
}

// splice calls splice(2). SPLICE_F_NONBLOCK is about the pipe's end; the socket is non-blocking by itself.
func splice(from, to, n int) (int, unix.Errno) {
	const flags = unix.SPLICE_F_MOVE | unix.SPLICE_F_NONBLOCK
	for {
		moved, _, e := syscall.RawSyscall6(unix.SYS_SPLICE, uintptr(from), 0, uintptr(to), 0, uintptr(n), flags)
		if e != unix.EINTR {
			return count(moved, e), e
		}
	}
}

// Pipes is a bounded pool of pipes. Like them it belongs to one event loop.
type Pipes struct {
	size int
	most int
	free *Pipe
	open int // those in use and those in the free list
	idle int
	busy int // most that were in use at the same time, since the last Shrink
}

// NewPipes makes an empty pool that opens at most that many pipes, each with room for size bytes.
func NewPipes(most, size int) Pipes { return Pipes{size: size, most: most} }

// Take returns an empty pipe, the one that was used last if there is any. It returns nil when the bound is reached or the
// kernel gives no more: then bytes have to be copied.
func (q *Pipes) Take() *Pipe {
	p := q.free
	switch {
	case p != nil:
		q.free, p.next = p.next, nil
		q.idle--
	case q.open >= q.most:
		return nil
	default:
		var e unix.Errno
		if p, e = NewPipe(q.size); e != 0 {
			return nil
		}
		q.open++
	}
	q.busy = max(q.busy, q.Taken())
	return p
}

// Put gives a pipe back. One that still holds bytes is of no more use.
func (q *Pipes) Put(p *Pipe) {
	if p.held > 0 {
		p.Close()
		q.open--
		return
	}
	p.next, q.free = q.free, p
	q.idle++
}

// Limit changes how many pipes are opened at most. Those in use beyond it stay.
func (q *Pipes) Limit(most int) { q.most = most }

// Trim closes free pipes until at most keep are left, and reports whether it closed any.
func (q *Pipes) Trim(keep int) bool {
	was := q.idle
	for q.idle > keep {
		p := q.free
		q.free = p.next
		p.Close()
		q.idle--
		q.open--
	}
	return q.idle < was
}

// Shrink closes the free pipes that have not been needed since it was called last.
func (q *Pipes) Shrink() {
	q.Trim(q.busy - q.Taken())
	q.busy = q.Taken()
}

// Taken is the number of pipes in use.
func (q *Pipes) Taken() int { return q.open - q.idle }

// FillPipe is p.Fill from this socket.
func (f *FD) FillPipe(p *Pipe, most int) (int, unix.Errno) { return p.Fill(f, most) }

// DrainPipe is p.Drain to this socket.
func (f *FD) DrainPipe(p *Pipe) (int, unix.Errno) { return p.Drain(f) }
