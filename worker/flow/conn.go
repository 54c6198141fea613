package flow

import (
	"golang.org/x/sys/unix"

	"lbmaster/worker/buffer"
	"lbmaster/worker/loop"
	"lbmaster/worker/poll"
	"lbmaster/worker/sock"
)

// Conn is one stream socket and what the loop knows of it.
//
// The socket is registered edge-triggered, so readiness is remembered here: an event sets a mark, and only a call
// that came back short takes it off. Invariant: while registered, a mark that is off will be set by a later event.
type Conn struct {
	FD         Socket
	own        sock.FD    // what FD is, as a rule
	Token      poll.Token // of the object that holds the conn; changes with each use of it
	Registered bool       // the poller knows fd
	Readable   bool
	writable   bool
	urgent     bool           // an event told of urgent data, before which a receive stops short
	PeerDone   bool           // an event said that the peer has finished sending; what it sent may still be unread
	Resets     bool           // it is closed by reset
	Reset      bool           // an event said that the connection has failed; what came before may still be unread
	EOF        bool           // everything the peer sent has been received
	RecvErr    unix.Errno     // why receiving failed; 0: it did not
	SendErr    unix.Errno     // why sending failed; the peer may still have said something that can be received
	In         *buffer.Buffer // received and not yet consumed; nil: nothing
}

// Open begins the life of a conn. A socket that has just been opened can be tried both ways.
func (c *Conn) Open(fd sock.FD, token poll.Token) {
	c.OpenOn(nil, token)
	c.own = fd
	c.FD = &c.own
}

// OpenOn is Open for any socket. A Conn must not be copied from then on.
func (c *Conn) OpenOn(s Socket, token poll.Token) {
	*c = Conn{FD: s, Token: token, Readable: true, writable: true}
}

// Register begins to poll the socket.
func (c *Conn) Register(l *loop.Loop) {
	c.Registered = true
	l.Poll(c.FD.Int(), poll.Stream, c.Token)
}

// Close ends the life of a conn.
func (c *Conn) Close(pools *Pools) {
	if c.Resets {
		c.FD.ResetOnClose()
	}
	c.FD.Close()
	c.release(pools)
}

// Note remembers what an event said.
func (c *Conn) Note(r poll.Ready) {
	if r&(poll.Readable|poll.PeerDone|poll.Broken) != 0 {
		c.Readable = true
	}
	if r&(poll.Writable|poll.Broken) != 0 {
		c.writable = true
	}
	if r&(poll.PeerDone|poll.Broken) != 0 {
		c.PeerDone = true
	}
	if r&poll.Urgent != 0 {
		c.urgent = true
	}
	if r&poll.Failed != 0 {
		c.Reset = true
	}
}

// Empty says that no received byte waits.
func (c *Conn) Empty() bool { return c.In == nil || c.In.Len() == 0 }

// Leaving says that the peer has ended its side, whether or not all that it sent before has been received.
func (c *Conn) Leaving() bool { return c.PeerDone || c.EOF }

// Over says that nothing more can be received.
func (c *Conn) Over() bool { return c.EOF || c.RecvErr != 0 }

// Fill receives once into in, if the socket may have something and there is room. It reports whether anything came
// of it: bytes, the end or an error.
func (c *Conn) Fill(pools *Pools) bool {
	if !c.Readable || c.Over() {
		return false
	}
	if c.In == nil {
		c.In = pools.Buffers.Take()
	} else if !c.makeRoom(pools) {
		return false
	}
	room := c.In.Space()
	n, e := c.FD.Recv(room)
	c.In.Commit(n)
	c.received(n, len(room), e)
	c.release(pools)
	return n > 0 || c.Over()
}

// received draws the conclusions from the outcome of a receive call.
func (c *Conn) received(n, room int, e unix.Errno) {
	switch {
	case n > 0:
		// epoll(7): a stream socket that returned less than was asked for is drained. Its end may still follow,
		// and is not announced a second time.
		c.Readable = n == room || c.PeerDone || c.urgent
	case e == unix.EAGAIN:
		c.Readable = false
	case e == 0:
		c.Readable, c.EOF = false, true
	default:
		c.Readable, c.RecvErr = false, e
	}
}

// release gives the receive buffer back if nothing waits in it: a conn that waits holds none.
func (c *Conn) release(pools *Pools) {
	if c.In == nil || c.FD.Valid() && c.In.Len() > 0 {
		return
	}
	pools.Buffers.Put(c.In)
	c.In = nil
}

// Consume removes n received bytes.
func (c *Conn) Consume(n int, pools *Pools) {
	c.In.Consume(n)
	if c.release(pools); c.In != nil {
		c.In = pools.Buffers.Fit(c.In)
	}
}

// Send writes what it can of p, once, and returns how much that was. With more, another Send or the end follows at once.
func (c *Conn) Send(p []byte, more bool) (n int) {
	if !c.writable || c.SendErr != 0 {
		return 0
	}
	var e unix.Errno
	if more {
		n, e = c.FD.SendMore(p)
	} else {
		n, e = c.FD.Send(p)
	}
	switch {
	case n == len(p):
	case e == 0 || e == unix.EAGAIN: // a full send buffer; the kernel announces when there is room again
		c.writable = false
	default:
		c.writable, c.SendErr = false, e
	}
	return n
}

// makeRoom makes room behind what has been received. Its callers add to what waits only when that is the beginning of a head, and
// not after it has become as large as a head may be.
func (c *Conn) makeRoom(pools *Pools) bool {
	if c.In.Compact(); c.In.Full() {
		c.In = pools.Buffers.Grow(c.In)
	}
	return !c.In.Full()
}

// Replace puts another head, which is not much longer, where one has been consumed.
func (c *Conn) Replace(head []byte, pools *Pools) bool {
	if !c.Empty() {
		return c.In.Prepend(head)
	}
	if len(head) > len(c.In.Space()) {
		c.In = pools.Buffers.Grow(c.In)
	}
	return c.In.Append(head) == len(head)
}

// Unsent is how many bytes wait for the peer of a connection that is to be reset: those of one that has failed wait for nobody.
func (c *Conn) Unsent() int {
	if !c.Resets || c.Reset || c.RecvErr != 0 || c.SendErr != 0 {
		return 0
	}
	return c.FD.Unsent()
}
