package upstream

import (
	"golang.org/x/sys/unix"

	"lbmaster/worker/flow"
	"lbmaster/worker/timer"
)

// Conn is a connection to a server. It belongs to its user, or to the idle pool of its server, or to the free list. With an owner it is
// never in the server's pool, but waits with its owner (owner.go).
type Conn struct {
	flow.Conn
	slot       uint32
	seq        uint32
	Server     *Server
	User       User   // nil while idle
	Owner      *Owner // whom the server may know by this connection; nil: nobody
	Reused     bool   // it has carried a request before
	Spent      bool   // bytes that belong to no response may come; it is not used again
	Challenged bool   // the last response was a challenge, which its owner has to answer here
	Heard      bool   // the poller has said something, so that the outcome of connecting is known
	moves      uint32 // those of the server when it was made
	parked     int64  // ms: since when it is idle
	timer      timer.Timer
	prev       *Conn // in the idle pool
	next       *Conn
}

// User is told when something has happened to a connection that it uses, and what that is the connection remembers.
type User interface{ Heard(c *Conn) }

// quiet says that the peer has neither sent anything nor ended the connection.
func quiet(fd flow.Socket) bool {
	_, e := fd.Peek()
	return e == unix.EAGAIN
}

// Drained makes sure that nothing has come behind what was received last: it would be taken for the answer to the next
// request, and no event will tell of it.
func (c *Conn) Drained() bool {
	if c.Readable && quiet(c.FD) {
		c.Readable = false
	}
	return !c.Readable
}

// pool is where an idle connection waits.
func (c *Conn) pool() *idlePool {
	if c.Owner != nil {
		return &c.Owner.idle
	}
	return &c.Server.idle
}

// current says that the connection leads to where its server is now.
func (c *Conn) current() bool { return c.moves == c.Server.moves }
