package proxy

import (
	"golang.org/x/sys/unix"

	"lbmaster/worker/flow"
	"lbmaster/worker/loop"

	"lbmaster/worker/poll"
	"lbmaster/worker/sock"
	"lbmaster/worker/timer"
)

// serverConn is a connection to a server. It belongs to a session, or to the idle pool of its server, or to the
// free list. With an owner it is never in the server's pool, but waits with its owner (bound.go).
type serverConn struct {
	flow.Conn
	slot       uint32
	seq        uint32
	server     *server
	session    *session // nil while idle
	owner      *session // whom the server may know by this connection; nil: nobody
	reused     bool     // it has carried a request before
	spent      bool     // bytes that belong to no response may come; it is not used again
	challenged bool     // the last response was a challenge, which its owner has to answer here
	moves      uint32   // those of the server when it was made
	heard      bool     // the poller has said something, so that the outcome of connecting is known
	parked     int64    // ms: since when it is idle
	timer      timer.Timer
	prev       *serverConn // in the idle pool
	next       *serverConn
}

// idleTime is how long an idle connection to a server is kept, in ms. Servers commonly close after 5 s or more: to be
// the first avoids sending a request into a closing connection.
const idleTime = 4000

// idlePool holds the idle connections to one server, or those of one owner. The last one put in is the first one out: it is the
// warmest, and those that are not needed grow old at the other end.
type idlePool struct {
	top *serverConn
}

func (q *idlePool) push(c *serverConn) {
	c.prev, c.next = nil, q.top
	if q.top != nil {
		q.top.prev = c
	}
	q.top = c
}

func (q *idlePool) remove(c *serverConn) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		q.top = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
}

// takeIdle returns an idle connection to where srv is now, nil when there is none. With peek, one that the server has closed or
// written to in the meantime is not returned: a request that must not be sent twice should not meet one.
func (p *Proxy) takeIdle(srv *server, peek bool) *serverConn {
	for srv.idle.top != nil {
		if c := p.take(srv.idle.top, peek); c != nil {
			return c
		}
	}
	return nil
}

// take ends the wait of an idle connection. It returns nil, and the connection is closed, when that is of no use any more.
func (p *Proxy) take(c *serverConn, peek bool) *serverConn {
	if c.moves != c.server.moves || peek && !quiet(&c.FD) {
		p.discard(c)
		return nil
	}
	p.unpark(c)
	c.reused = true
	return c
}

// quiet says that the peer has neither sent anything nor ended the connection.
func quiet(fd *sock.FD) bool {
	_, e := fd.Peek()
	return e == unix.EAGAIN
}

// drained makes sure that nothing has come behind what was received last: it would be taken for the answer to the next
// request, and no event will tell of it.
func (c *serverConn) drained() bool {
	if c.Readable && quiet(&c.FD) {
		c.Readable = false
	}
	return !c.Readable
}

// park lets a connection whose exchange is complete wait for the next request, of anybody or of its owner.
func (p *Proxy) park(c *serverConn) {
	c.session = nil
	c.parked = p.loop.Now()
	c.pool().push(c)
	c.server.gauges.Idle.Add(1)
	if c.owner == nil && !c.timer.Armed() {
		p.loop.Set(&c.timer, p.loop.Now()+idleTime)
	}
}

// unpark ends the wait.
func (p *Proxy) unpark(c *serverConn) {
	c.pool().remove(c)
	c.server.gauges.Idle.Add(-1)
}

// pool is where an idle connection waits.
func (c *serverConn) pool() *idlePool {
	if c.owner != nil {
		return &c.owner.own
	}
	return &c.server.idle
}

// dial begins a new connection to srv. It returns nil and the error when that fails at once.
func (s *session) dial(srv *server) (*serverConn, unix.Errno) {
	p, to := s.p, srv.address
	if srv.mapped {
		var ok bool
		if to, ok = srv.at(s.client.FD.Name().Port()); !ok {
			return nil, unix.EADDRNOTAVAIL
		}
	}
	fd, e := sock.ConnectFrom(srv.source, &to)
	if e == unix.EMFILE && (p.dropIdle() || p.forServers.Spend()) {
		fd, e = sock.ConnectFrom(srv.source, &to)
	}
	if e != 0 && e != unix.EINPROGRESS {
		return nil, e
	}
	c := p.newServerConn(fd)
	c.server, c.moves = srv, srv.moves
	c.Readable = false // there is nothing to read before the server has got something
	if s.stream.heads == nil {
		c.FD.KeepUrgent() // a failure loses what most relays do not pass on either
	}
	srv.counters.Connects.Add(1)
	return c, 0
}

// newServerConn takes a serverConn from the free list.
func (p *Proxy) newServerConn(fd sock.FD) *serverConn {
	c, slot := p.serverConns.Take()
	*c = serverConn{slot: slot, seq: c.seq + 1}
	c.timer.Token = loop.TimerToken(p.kinds.server, slot)
	c.Conn.Open(fd, loop.Token(p.kinds.server, slot, c.seq))
	return c
}

// closeServerConn ends a connection that is in no idle pool.
func (p *Proxy) closeServerConn(c *serverConn) {
	c.Conn.Close(p.pools)
	p.loop.Stop(&c.timer)
	c.server, c.session, c.owner = nil, nil, nil
	c.seq++ // an event that is on its way already is stale now
	p.serverConns.Put(c.slot)
}

// onServer takes an event of a connection to a server.
func (p *Proxy) onServer(t poll.Token, r poll.Ready) {
	c := p.serverConns.At(t.Slot())
	switch {
	case c == nil || c.seq != t.Seq() || !c.FD.Valid():
	case c.session == nil:
		p.onIdle(c, r)
	default:
		c.Note(r)
		c.heard = true
		if c.Empty() && c.session.wantsResponse() {
			c.Fill(p.pools)
		}
		p.loop.Enqueue(&c.session.task)
	}
}

// onIdle closes an idle connection that the server has ended or written to without being asked. An event may also be
// late, and tell of bytes that have been received before the connection became idle.
func (p *Proxy) onIdle(c *serverConn, r poll.Ready) {
	c.Note(r)
	if r&(poll.PeerDone|poll.Broken) != 0 || r&poll.Readable != 0 && !quiet(&c.FD) {
		if c.owner != nil {
			p.loop.Enqueue(&c.owner.task) // nothing may bind its client to this worker any more
		}
		p.discard(c)
	}
}

// discard closes an idle connection.
func (p *Proxy) discard(c *serverConn) {
	p.unpark(c)
	p.closeServerConn(c)
}

// onIdleTime closes a connection that has been idle for long enough. The timer is left armed while a connection is in
// use, since it will most likely be idle again before the time comes. One with an owner waits as long as that does.
func (p *Proxy) onIdleTime(c *serverConn) {
	switch {
	case c.session != nil || c.server == nil || c.owner != nil:
	case p.loop.Now()-c.parked < idleTime:
		p.loop.Set(&c.timer, c.parked+idleTime)
	default:
		p.discard(c)
	}
}

// dropIdle closes every idle connection to a server that has no owner, and every pipe that is not in use, to make descriptors
// free. It reports whether there was one.
func (p *Proxy) dropIdle() bool {
	dropped := p.pools.Pipes.Trim(0)
	for _, b := range p.backends {
		if b.dispatch != nil && p.dropIdleOf(b.dispatch) {
			dropped = true
		}
		for _, s := range b.servers {
			if p.dropIdleOf(s) {
				dropped = true
			}
		}
	}
	return dropped
}

// dropIdleOf is dropIdle for the connections to one server.
func (p *Proxy) dropIdleOf(s *server) bool {
	if s.idle.top == nil {
		return false
	}
	for s.idle.top != nil {
		p.discard(s.idle.top)
	}
	return true
}
