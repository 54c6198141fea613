package proxy

import (
	"golang.org/x/sys/unix"

	"lbmaster/worker/sock"
)

const (
	// pipeSize is the room of a pipe in bytes: BenchmarkRelay of worker/sock gains little beyond.
	pipeSize = 256 << 10
	// maxPipes bounds the pipes of a worker. One is held only while its bytes wait for a peer that takes no more.
	maxPipes = 256
	// spliceFrom is how many bytes a stream must bring in one turn to be worth a pipe, spliceUntil how many it must go on
	// bringing. For less, a copy costs less than the second look that an emptied socket takes when a pipe is filled.
	spliceFrom  = 64 << 10
	spliceUntil = 16 << 10
	// splices bounds how often a flow fills its pipe in one loop turn.
	splices = 4
)

// BoundPipes lets pipes have, of so many free descriptors, what is left when all clients have come that maxconn lets in, each with a
// connection to a server. A stream without a pipe is copied: no client waits for want of a descriptor that a pipe has.
func (p *Proxy) BoundPipes(free int) {
	p.pipes.Limit(int(max(0, min(maxPipes, (int64(free)-2*p.maxconn)/2))))
}

// fillPipe is fill, of at most n bytes into an empty pipe, but for the end, which only a receive can tell. Only EAGAIN says
// that the socket is drained, unless urgent data stands in the way, which cannot be spliced.
func (c *conn) fillPipe(p *sock.Pipe, n int64) {
	if !c.readable || c.over() {
		return
	}
	switch _, e := p.Fill(&c.fd, int(min(n, 1<<30))); e {
	case 0:
	case unix.EAGAIN:
		c.readable = c.urgent
	default:
		c.readable, c.recvErr = false, e
	}
}

// sendPipe is send, for what a pipe holds.
func (c *conn) sendPipe(p *sock.Pipe) int {
	if !c.writable || c.sendErr != 0 {
		return 0
	}
	n, e := p.Drain(&c.fd)
	switch {
	case p.Held() == 0:
	case e == unix.EAGAIN:
		c.writable = false
	default:
		c.writable, c.sendErr = false, e
	}
	return n
}

// carry moves bytes from src to dst in the way that suits them.
func (f *flow) carry(src, dst *conn, p *Proxy) outcome {
	before := f.took
	o := going
	switch {
	case f.large && f.pipe == nil: // a buffer may still hold something
		o = f.move(src, dst, &p.pool, 0)
	case f.pipe == nil:
		o = f.move(src, dst, &p.pool, receives)
	}
	if o == going && (f.large || f.pipe != nil) {
		o = f.splice(src, dst, &p.pipes)
	}
	f.judge(src, f.took-before)
	return o
}

// splice is move for bytes that nobody looks at, through pipes. Where that does not work, bytes are copied from the next turn
// on.
//
// Invariant: src holds no received byte, and f nothing but what is in its pipe.
func (f *flow) splice(src, dst *conn, pipes *sock.Pipes) outcome {
	for rounds := splices; ; rounds-- {
		if f.pipe != nil {
			f.took += int64(dst.sendPipe(f.pipe))
			if f.pipe.Held() > 0 {
				return f.stuck(dst)
			}
			f.dropPipe(pipes)
		}
		switch {
		case f.done:
			return finished
		case !src.readable:
			return f.starved(src)
		case rounds == 0:
			return going
		case f.body.Plain() == 0 || !f.suck(src, pipes):
			f.large = false
			return going
		}
	}
}

// suck fills a pipe from src. It reports false when there is none, or when it got nothing although there is something.
func (f *flow) suck(src *conn, pipes *sock.Pipes) bool {
	if f.pipe = pipes.Take(); f.pipe == nil {
		return false
	}
	src.fillPipe(f.pipe, f.body.Plain())
	if f.pipe.Held() == 0 {
		f.dropPipe(pipes)
		return !src.readable
	}
	n := int64(f.pipe.Held())
	f.seen += n
	f.past += n
	f.done = f.body.Skip(n)
	return true
}

// dropPipe gives the pipe back, with what it holds.
func (f *flow) dropPipe(pipes *sock.Pipes) {
	if f.pipe != nil {
		pipes.Put(f.pipe)
		f.pipe = nil
	}
}

// judge decides by how much has been moved in a turn, and can be moved unseen, whether the next bytes of src should be
// spliced.
func (f *flow) judge(src *conn, moved int64) {
	least := int64(spliceFrom)
	if f.large {
		least = spliceUntil
	}
	f.large = moved >= least && f.body.Plain() >= least && !src.urgent
}
