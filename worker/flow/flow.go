// Package flow carries bytes from one socket to another, at most as many as the other takes, and lets the framing of HTTP/1 say which.
//
//	flow     one direction between two sockets
//	splice   the same through pipes, without copying; a flow takes the one way or the other, so that the two know each other
//	conn     a socket, and what the loop knows of it
//	socket   what a connection does with it
//	pools    what both borrow
package flow

import (
	"lbmaster/worker/buffer"
	"lbmaster/worker/http1/framing"
	"lbmaster/worker/sock"
)

// Flow carries one direction of a stream: first what was written into out (a head and the body bytes that came with
// it), then body bytes straight from the source's receive buffer.
//
// Nothing is received while something waits to be sent: that is the back-pressure, and it bounds a Flow's memory to
// out and the source's buffer.
type Flow struct {
	*Plain
	Out   *buffer.Buffer // nil: nothing was written
	pipe  *sock.Pipe     // holds bytes that the destination has not taken; nil: none
	large bool           // it brings so much at a time that splicing pays
}

// Plain is what there is of a flow besides what it has borrowed: values without descriptors and pointers, with which it could go on in
// another process.
type Plain struct {
	Body framing.Body
	Sent int  // how much of Out the destination has taken
	pass int  // bytes at the front of the source's buffer that are checked and wait to be sent
	Open bool // the body lasts until the source closes
	Done bool // the end of the body has been seen; its last bytes may still wait
	Last bool // the destination's connection ends after it
	Lost bool // of relays: the source or the destination has failed, and nothing more will pass

	Unwrap  bool // of chunks only the data passes: the destination does not know them
	Deliver bool // what comes before bytes that break the framing passes
	broken  bool // it has passed or is at the front of the source's buffer, and those bytes are behind it

	Past int64 // bytes sent from beyond Out, which cannot be sent again
	Took int64 // bytes that the destination has taken in all
	Seen int64 // body bytes that the source has sent in all
}

// Receives bounds how often a flow receives in one loop turn.
const Receives = 8

// Outcome is why a flow stopped moving.
type Outcome uint8

const (
	Waiting  Outcome = iota // for readiness of the source or of the destination
	Going                   // for its next turn only
	Finished                // everything has been sent
	Cut                     // the source ended or failed in the middle
	Refused                 // the destination failed
	Faulty                  // the source broke the rules of framing
)

// Begin makes the flow ready for a body.
func (f *Flow) Begin(kind framing.Kind, length int64) {
	f.Open = kind == framing.UntilClose
	f.Body.Start(kind, length)
	_, f.Done, _ = f.Body.Consume(nil)
	f.large = !f.Open && f.Body.Plain() >= SpliceFrom
}

// Idle says that nothing waits to be sent.
func (f *Flow) Idle() bool { return f.pass == 0 && f.Unsent() == 0 && f.pipe == nil }

// Over says that nothing more will pass.
func (f *Flow) Over() bool { return f.Lost || f.Done && f.Idle() }

// Copies says that bytes which come now are received into a buffer.
func (f *Flow) Copies() bool { return !f.large && !f.Done && !f.Lost && f.Idle() }

// Unsent is the number of bytes in out that wait.
func (f *Flow) Unsent() int {
	if f.Out == nil {
		return 0
	}
	return f.Out.Len() - f.Sent
}

// End ends the use of the flow and gives its buffer back.
func (f *Flow) End(pools *Pools) {
	f.Drop(pools)
	f.dropPipe(pools)
	*f.Plain = Plain{}
	f.large = false
}

// Drop gives out back. What it held cannot be sent again.
func (f *Flow) Drop(pools *Pools) {
	if f.Out != nil {
		pools.Buffers.Put(f.Out)
		f.Out, f.Sent = nil, 0
	}
}

// Gather moves body bytes which have been received already behind the head in out, so that one send carries both.
// It reports false when they break the framing.
func (f *Flow) Gather(src *Conn, pools *Pools) bool {
	if src.Empty() || f.Done {
		return true
	}
	p := src.In.Bytes()
	n, done, fault := f.Body.Consume(p[:min(len(p), len(f.Out.Space()))])
	if fault != 0 {
		return false
	}
	f.Out.Append(p[:n])
	f.Seen += int64(n)
	f.Done = done
	src.Consume(n, pools)
	return true
}

// Lead makes one send carry the head in out and the body bytes that have been received already, like gather, but moves the
// smaller of them. With much of a body that is the head: it goes where the old one lay, before the body. It cannot be sent again
// then. It reports false when the bytes break the framing.
func (f *Flow) Lead(src *Conn, pools *Pools) bool {
	switch {
	case src.Empty() || f.Done || f.Unwrap:
		return true
	case src.In.Len() <= f.Out.Len():
		return f.Gather(src, pools)
	}
	if !f.check(src, pools) {
		return false
	}
	if src.In.Prepend(f.Out.Bytes()) {
		f.pass += f.Out.Len()
		f.Drop(pools)
	}
	return true
}

// move carries what it can from src to dst, receiving at most rounds times.
func (f *Flow) move(src, dst *Conn, pools *Pools, rounds int) Outcome {
	for {
		switch {
		case !f.Push(src, dst, pools):
			return f.stuck(dst)
		case f.broken:
			return Faulty
		case f.Done:
			return Finished
		}
		if src.Empty() {
			if rounds == 0 && src.Readable {
				return Going
			}
			rounds--
			if !src.Fill(pools) {
				return f.starved(src)
			}
			continue
		}
		if !f.check(src, pools) {
			return Faulty
		}
	}
}

// Push sends what waits, and reports whether all of it is gone.
func (f *Flow) Push(src, dst *Conn, pools *Pools) bool {
	if f.Unsent() > 0 {
		n := dst.Send(f.Out.Bytes()[f.Sent:], f.pass > 0 || f.Last && f.Done)
		f.Sent += n
		f.Took += int64(n)
		if f.Unsent() > 0 {
			return false
		}
	}
	if f.pass > 0 {
		n := dst.Send(src.In.Bytes()[:f.pass], f.Last && f.Done)
		f.pass -= n
		f.Past += int64(n)
		f.Took += int64(n)
		src.Consume(n, pools)
	}
	return f.pass == 0
}

// check lets the body's framing say how many of the received bytes may pass.
func (f *Flow) check(src *Conn, pools *Pools) bool {
	if f.Unwrap {
		return f.checkData(src, pools)
	}
	n, done, fault := f.Body.Consume(src.In.Bytes())
	if fault != 0 && !f.Deliver {
		return false
	}
	f.pass, f.Done, f.broken = n, done, fault != 0
	f.Seen += int64(n)
	return true
}

// checkData is check for chunks of which only the data passes.
func (f *Flow) checkData(src *Conn, pools *Pools) bool {
	framing, n, done, fault := f.Body.Unwrap(src.In.Bytes())
	if fault != 0 {
		return false
	}
	f.pass, f.Done = n, done
	f.Seen += int64(framing + n)
	src.Consume(framing, pools)
	return true
}

// stuck tells why nothing more can be sent.
func (f *Flow) stuck(dst *Conn) Outcome {
	if dst.SendErr != 0 {
		return Refused
	}
	return Waiting
}

// starved tells why nothing more can be received.
func (f *Flow) starved(src *Conn) Outcome {
	switch {
	case !src.Over():
		return Waiting
	case src.EOF && f.Open:
		f.Done = true
		return Finished
	}
	return Cut
}
