package flow

import (
	"golang.org/x/sys/unix"

	"lbmaster/worker/sock"
)

const (
	// pipeSize is the room of a pipe in bytes: BenchmarkRelay of worker/sock gains little beyond.
	pipeSize = 256 << 10
	// maxPipes bounds the pipes of a worker. One is held only while its bytes wait for a peer that takes no more.
	maxPipes = 256
	// SpliceFrom is how many bytes a stream must bring in one turn to be worth a pipe, spliceUntil how many it must go on
	// bringing. For less, a copy costs less than the second look that an emptied socket takes when a pipe is filled.
	SpliceFrom  = 64 << 10
	spliceUntil = 16 << 10
	// splices bounds how often a flow fills its pipe in one loop turn.
	splices = 4
)

// fillPipe is fill, of at most n bytes into an empty pipe, but for the end, which only a receive can tell. Only EAGAIN says
// that the socket is drained, unless urgent data stands in the way, which cannot be spliced.
func (c *Conn) fillPipe(p *sock.Pipe, n int64) {
	if !c.Readable || c.Over() {
		return
	}
	switch _, e := c.FD.FillPipe(p, int(min(n, 1<<30))); e {
	case 0:
	case unix.EAGAIN:
		c.Readable = c.urgent
	default:
		c.Readable, c.RecvErr = false, e
	}
}

// sendPipe is send, for what a pipe holds.
func (c *Conn) sendPipe(p *sock.Pipe) int {
	if !c.writable || c.SendErr != 0 {
		return 0
	}
	n, e := c.FD.DrainPipe(p)
	switch {
	case p.Held() == 0:
	case e == unix.EAGAIN:
		c.writable = false
	default:
		c.writable, c.SendErr = false, e
	}
	return n
}

// Carry moves bytes from src to dst in the way that suits them.
func (f *Flow) Carry(src, dst *Conn, pools *Pools) Outcome {
	before := f.Took
	o := Going
	switch {
	case f.large && f.pipe == nil: // a buffer may still hold something
		o = f.move(src, dst, pools, 0)
	case f.pipe == nil:
		o = f.move(src, dst, pools, Receives)
	}
	if o == Going && (f.large || f.pipe != nil) {
		o = f.splice(src, dst, pools)
	}
	f.judge(src, f.Took-before)
	return o
}

// splice is move for bytes that nobody looks at, through pipes. Where that does not work, bytes are copied from the next turn
// on.
//
// Invariant: src holds no received byte, and f nothing but what is in its pipe.
func (f *Flow) splice(src, dst *Conn, pools *Pools) Outcome {
	for rounds := splices; ; rounds-- {
		if f.pipe != nil {
			f.Took += int64(dst.sendPipe(f.pipe))
			if f.pipe.Held() > 0 {
				return f.stuck(dst)
			}
			f.dropPipe(pools)
		}
		switch {
		case f.Done:
			return Finished
		case !src.Readable:
			return f.starved(src)
		case rounds == 0:
			return Going
		case f.Body.Plain() == 0 || !f.suck(src, pools):
			f.large = false
			return Going
		}
	}
}

// suck fills a pipe from src. It reports false when there is none, or when it got nothing although there is something.
func (f *Flow) suck(src *Conn, pools *Pools) bool {
	if f.pipe = pools.Pipes.Take(); f.pipe == nil {
		return false
	}
	src.fillPipe(f.pipe, f.Body.Plain())
	if f.pipe.Held() == 0 {
		f.dropPipe(pools)
		return !src.Readable
	}
	n := int64(f.pipe.Held())
	f.Seen += n
	f.Past += n
	f.Done = f.Body.Skip(n)
	return true
}

// dropPipe gives the pipe back, with what it holds.
func (f *Flow) dropPipe(pools *Pools) {
	if f.pipe != nil {
		pools.Pipes.Put(f.pipe)
		f.pipe = nil
	}
}

// judge decides by how much has been moved in a turn, and can be moved unseen, whether the next bytes of src should be
// spliced.
func (f *Flow) judge(src *Conn, moved int64) {
	least := int64(SpliceFrom)
	if f.large {
		least = spliceUntil
	}
	f.large = moved >= least && f.Body.Plain() >= least && !src.urgent
}
