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

// fillPipe is fill, into an empty pipe. Only EAGAIN says that the socket is drained.
func (c *conn) fillPipe(p *sock.Pipe) bool {
	if !c.readable || c.over() {
		return false
	}
	n, e := p.Fill(&c.fd, 1<<30)
	switch {
	case n > 0:
	case e == unix.EAGAIN:
		c.readable = false
	case e == 0:
		c.readable, c.eof = false, true
	default:
		c.readable, c.recvErr = false, e
	}
	return n > 0 || c.over()
}

// sendPipe is send, for what a pipe holds.
func (c *conn) sendPipe(p *sock.Pipe) int {
	if !c.writable || c.sendErr != 0 {
		return 0
	}
	n, e := p.Drain(&c.fd)
	switch {
	case p.Held() == 0:
	case e == 0 || e == unix.EAGAIN:
		c.writable = false
	default:
		c.writable, c.sendErr = false, e
	}
	return n
}

// splice is move for bytes that nobody looks at, through pipes. When no pipe is to be had, bytes are copied from the next
// turn on.
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
		if rounds == 0 && src.readable {
			return going
		}
		if f.pipe = pipes.Take(); f.pipe == nil {
			f.large = false
			return going
		}
		if !src.fillPipe(f.pipe) || f.pipe.Held() == 0 {
			f.dropPipe(pipes)
			return f.starved(src)
		}
		f.seen += int64(f.pipe.Held())
	}
}

// dropPipe gives the pipe back, with what it holds.
func (f *flow) dropPipe(pipes *sock.Pipes) {
	if f.pipe != nil {
		pipes.Put(f.pipe)
		f.pipe = nil
	}
}

// judge decides by how much has been moved in a turn whether the next bytes should be spliced.
func (f *flow) judge(moved int64) {
	if f.large {
		f.large = moved >= spliceUntil
	} else {
		f.large = moved >= spliceFrom
	}
}
