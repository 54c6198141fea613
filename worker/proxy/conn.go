package proxy

import (
	"golang.org/x/sys/unix"

	"lbmaster/worker/buffer"
	"lbmaster/worker/poll"
	"lbmaster/worker/sock"
)

// conn is one stream socket and what the loop knows of it.
//
// The socket is registered edge-triggered, so readiness is remembered here: an event sets a mark, and only a call
// that came back short takes it off. Invariant: while registered, a mark that is off will be set by a later event.
type conn struct {
	fd         sock.FD
	token      poll.Token // of the object that holds the conn; changes with each use of it
	registered bool       // the poller knows fd
	readable   bool
	writable   bool
	urgent     bool           // an event told of urgent data, before which a receive stops short
	peerDone   bool           // an event said that the peer has finished sending; what it sent may still be unread
	resets     bool           // it is closed by reset
	reset      bool           // an event said that the connection has failed; what came before may still be unread
	eof        bool           // everything the peer sent has been received
	recvErr    unix.Errno     // why receiving failed; 0: it did not
	sendErr    unix.Errno     // why sending failed; the peer may still have said something that can be received
	in         *buffer.Buffer // received and not yet consumed; nil: nothing
}

// open begins the life of a conn. A socket that has just been opened can be tried both ways.
func (c *conn) open(fd sock.FD, token poll.Token) {
	*c = conn{fd: fd, token: token, readable: true, writable: true}
}

// close ends the life of a conn.
func (c *conn) close(pool *buffer.Pool) {
	if c.resets {
		c.fd.ResetOnClose()
	}
	c.fd.Close()
	c.release(pool)
}

// note remembers what an event said.
func (c *conn) note(r poll.Ready) {
	if r&(poll.Readable|poll.PeerDone|poll.Broken) != 0 {
		c.readable = true
	}
	if r&(poll.Writable|poll.Broken) != 0 {
		c.writable = true
	}
	if r&(poll.PeerDone|poll.Broken) != 0 {
		c.peerDone = true
	}
	if r&poll.Urgent != 0 {
		c.urgent = true
	}
	if r&poll.Failed != 0 {
		c.reset = true
	}
}

// empty says that no received byte waits.
func (c *conn) empty() bool { return c.in == nil || c.in.Len() == 0 }

// over says that nothing more can be received.
func (c *conn) over() bool { return c.eof || c.recvErr != 0 }

// fill receives once into in, if the socket may have something and there is room. It reports whether anything came
// of it: bytes, the end or an error.
func (c *conn) fill(pool *buffer.Pool) bool {
	if !c.readable || c.over() {
		return false
	}
	if c.in == nil {
		c.in = pool.Take()
	} else if !c.makeRoom(pool) {
		return false
	}
	room := c.in.Space()
	n, e := c.fd.Recv(room)
	c.in.Commit(n)
	c.received(n, len(room), e)
	c.release(pool)
	return n > 0 || c.over()
}

// received draws the conclusions from the outcome of a receive call.
func (c *conn) received(n, room int, e unix.Errno) {
	switch {
	case n > 0:
		// epoll(7): a stream socket that returned less than was asked for is drained. Its end may still follow,
		// and is not announced a second time.
		c.readable = n == room || c.peerDone || c.urgent
	case e == unix.EAGAIN:
		c.readable = false
	case e == 0:
		c.readable, c.eof = false, true
	default:
		c.readable, c.recvErr = false, e
	}
}

// release gives the receive buffer back if nothing waits in it: a conn that waits holds none.
func (c *conn) release(pool *buffer.Pool) {
	if c.in == nil || c.fd.Valid() && c.in.Len() > 0 {
		return
	}
	pool.Put(c.in)
	c.in = nil
}

// consume removes n received bytes.
func (c *conn) consume(n int, pool *buffer.Pool) {
	c.in.Consume(n)
	if c.release(pool); c.in != nil {
		c.in = pool.Fit(c.in)
	}
}

// send writes what it can of p, once, and returns how much that was. With more, another send or the end follows at once.
func (c *conn) send(p []byte, more bool) (n int) {
	if !c.writable || c.sendErr != 0 {
		return 0
	}
	var e unix.Errno
	if more {
		n, e = c.fd.SendMore(p)
	} else {
		n, e = c.fd.Send(p)
	}
	switch {
	case n == len(p):
	case e == 0 || e == unix.EAGAIN: // a full send buffer; the kernel announces when there is room again
		c.writable = false
	default:
		c.writable, c.sendErr = false, e
	}
	return n
}
