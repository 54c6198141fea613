package proxy

import (
	"lbmaster/worker/buffer"
	"lbmaster/worker/http1"
	"lbmaster/worker/sock"
)

// flow carries one direction of a stream: first what was written into out (a head and the body bytes that came with
// it), then body bytes straight from the source's receive buffer.
//
// Nothing is received while something waits to be sent: that is the back-pressure, and it bounds a flow's memory to
// out and the source's buffer.
type flow struct {
	out  *buffer.Buffer // nil: nothing was written
	sent int            // how much of out the destination has taken
	pass int            // bytes at the front of the source's buffer that are checked and wait to be sent
	body http1.Body
	open bool // the body lasts until the source closes
	done bool // the end of the body has been seen; its last bytes may still wait
	last bool // the destination's connection ends after it

	unwrap  bool  // of chunks only the data passes: the destination does not know them
	deliver bool  // what comes before bytes that break the framing passes
	broken  bool  // it has passed or is at the front of the source's buffer, and those bytes are behind it
	past    int64 // bytes sent from beyond out, which cannot be sent again
	took    int64 // bytes that the destination has taken in all
	seen    int64 // body bytes that the source has sent in all

	pipe  *sock.Pipe // holds bytes that the destination has not taken; nil: none
	large bool       // it brings so much at a time that splicing pays
	lost  bool       // of relays: the source or the destination has failed, and nothing more will pass
}

// outcome is why a flow stopped moving.
type outcome uint8

const (
	waiting  outcome = iota // for readiness of the source or of the destination
	going                   // for its next turn only
	finished                // everything has been sent
	cut                     // the source ended or failed in the middle
	refused                 // the destination failed
	faulty                  // the source broke the rules of framing
)

// begin makes the flow ready for a body.
func (f *flow) begin(framing http1.Framing, length int64) {
	f.open = framing == http1.UntilClose
	f.body.Start(framing, length)
	_, f.done, _ = f.body.Consume(nil)
	f.large = !f.open && f.body.Plain() >= spliceFrom
}

// idle says that nothing waits to be sent.
func (f *flow) idle() bool { return f.pass == 0 && f.unsent() == 0 && f.pipe == nil }

// over says that nothing more will pass.
func (f *flow) over() bool { return f.lost || f.done && f.idle() }

// copies says that bytes which come now are received into a buffer.
func (f *flow) copies() bool { return !f.large && !f.done && !f.lost && f.idle() }

// unsent is the number of bytes in out that wait.
func (f *flow) unsent() int {
	if f.out == nil {
		return 0
	}
	return f.out.Len() - f.sent
}

// reset ends the use of the flow and gives its buffer back.
func (f *flow) reset(pool *buffer.Pool) {
	f.drop(pool)
	*f = flow{}
}

// drop gives out back. What it held cannot be sent again.
func (f *flow) drop(pool *buffer.Pool) {
	if f.out != nil {
		pool.Put(f.out)
		f.out, f.sent = nil, 0
	}
}

// gather moves body bytes which have been received already behind the head in out, so that one send carries both.
// It reports false when they break the framing.
func (f *flow) gather(src *conn, pool *buffer.Pool) bool {
	if src.empty() || f.done {
		return true
	}
	p := src.in.Bytes()
	n, done, fault := f.body.Consume(p[:min(len(p), len(f.out.Space()))])
	if fault != 0 {
		return false
	}
	f.out.Append(p[:n])
	f.seen += int64(n)
	f.done = done
	src.consume(n, pool)
	return true
}

// lead makes one send carry the head in out and the body bytes that have been received already, like gather, but moves the
// smaller of them. With much of a body that is the head: it goes where the old one lay, before the body. It cannot be sent again
// then. It reports false when the bytes break the framing.
func (f *flow) lead(src *conn, pool *buffer.Pool) bool {
	switch {
	case src.empty() || f.done || f.unwrap:
		return true
	case src.in.Len() <= f.out.Len():
		return f.gather(src, pool)
	}
	if !f.check(src, pool) {
		return false
	}
	if src.in.Prepend(f.out.Bytes()) {
		f.pass += f.out.Len()
		f.drop(pool)
	}
	return true
}

// move carries what it can from src to dst, receiving at most rounds times.
func (f *flow) move(src, dst *conn, pool *buffer.Pool, rounds int) outcome {
	for {
		switch {
		case !f.push(src, dst, pool):
			return f.stuck(dst)
		case f.broken:
			return faulty
		case f.done:
			return finished
		}
		if src.empty() {
			if rounds == 0 && src.readable {
				return going
			}
			rounds--
			if !src.fill(pool) {
				return f.starved(src)
			}
			continue
		}
		if !f.check(src, pool) {
			return faulty
		}
	}
}

// push sends what waits, and reports whether all of it is gone.
func (f *flow) push(src, dst *conn, pool *buffer.Pool) bool {
	if f.unsent() > 0 {
		n := dst.send(f.out.Bytes()[f.sent:], f.pass > 0 || f.last && f.done)
		f.sent += n
		f.took += int64(n)
		if f.unsent() > 0 {
			return false
		}
	}
	if f.pass > 0 {
		n := dst.send(src.in.Bytes()[:f.pass], f.last && f.done)
		f.pass -= n
		f.past += int64(n)
		f.took += int64(n)
		src.consume(n, pool)
	}
	return f.pass == 0
}

// check lets the body's framing say how many of the received bytes may pass.
func (f *flow) check(src *conn, pool *buffer.Pool) bool {
	if f.unwrap {
		return f.checkData(src, pool)
	}
	n, done, fault := f.body.Consume(src.in.Bytes())
	if fault != 0 && !f.deliver {
		return false
	}
	f.pass, f.done, f.broken = n, done, fault != 0
	f.seen += int64(n)
	return true
}

// checkData is check for chunks of which only the data passes.
func (f *flow) checkData(src *conn, pool *buffer.Pool) bool {
	framing, n, done, fault := f.body.Unwrap(src.in.Bytes())
	if fault != 0 {
		return false
	}
	f.pass, f.done = n, done
	f.seen += int64(framing + n)
	src.consume(framing, pool)
	return true
}

// stuck tells why nothing more can be sent.
func (f *flow) stuck(dst *conn) outcome {
	if dst.sendErr != 0 {
		return refused
	}
	return waiting
}

// starved tells why nothing more can be received.
func (f *flow) starved(src *conn) outcome {
	switch {
	case !src.over():
		return waiting
	case src.eof && f.open:
		f.done = true
		return finished
	}
	return cut
}
