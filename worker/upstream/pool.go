// Package upstream is the side of the servers: which one a request goes to, and the connections to them.
//
//	owner     a client that a server knows by its connections
//	pool      connections: made, idle, used again, closed
//	idle      those that wait at a server, or with an owner
//	conn      one of them
//	marked    servers that have been marked down
//	backend   servers, and the choice between them
//	server    one of them
package upstream

import (
	"golang.org/x/sys/unix"

	"lbmaster/shared/counter"
	"lbmaster/worker/flow"
	"lbmaster/worker/loop"
	"lbmaster/worker/poll"
	"lbmaster/worker/sock"
)

// Pool is the connections to servers of one worker. It belongs to the loop.
type Pool struct {
	loop     *loop.Loop
	pools    *flow.Pools
	kind     loop.Kind
	conns    loop.Table[Conn]
	backends []*Backend
	spare    sock.Reserve
	dialer   Dialer // nil: the kernel
}

// Dialer begins connections in the kernel's place, in tests. It returns EINPROGRESS for one whose outcome the poller will tell.
type Dialer interface {
	Dial(from *sock.Address, to sock.Address) (flow.Socket, unix.Errno)
}

// spare is how many connections to servers can be made when clients have taken all other descriptors: whoever is in must be served, or
// nobody would ever leave.
const spare = 4

// IdleTime is how long an idle connection to a server is kept, in ms. Servers commonly close after 5 s or more: to be
// the first avoids sending a request into a closing connection.
const IdleTime = 4000

// NewPool makes a pool without a connection.
func NewPool(l *loop.Loop, pools *flow.Pools) *Pool {
	p := &Pool{loop: l, pools: pools}
	p.kind = l.Handle(p)
	return p
}

// DialBy makes connections by d.
func (p *Pool) DialBy(d Dialer) { p.dialer = d }

// Add lets the pool know of a backend, whose idle connections it may have to close.
func (p *Pool) Add(b *Backend) { p.backends = append(p.backends, b) }

// SetAside keeps descriptors for servers, which clients cannot take. It says whether there are so many.
func (p *Pool) SetAside() bool {
	p.spare.Empty()
	p.spare = sock.NewReserve(spare)
	return p.spare.Fill()
}

// Refill says that what was set aside is there again after it was made use of.
func (p *Pool) Refill() bool { return p.spare.Fill() }

// Dial begins a new connection to srv, for a client that has connected to port; with urgent, urgent data stays in its place in the stream.
// Dial returns nil and the error when that fails at once.
func (p *Pool) Dial(srv *Server, port uint16, urgent bool) (*Conn, unix.Errno) {
	to := srv.address
	if srv.Mapped {
		var ok bool
		if to, ok = srv.at(port); !ok {
			return nil, unix.EADDRNOTAVAIL
		}
	}
	c, e := p.connect(srv.source, &to)
	if e != 0 {
		return nil, e
	}
	c.Server, c.moves = srv, srv.moves
	c.Readable = false // there is nothing to read before the server has got something
	if urgent {
		c.FD.KeepUrgent() // a failure loses what most relays do not pass on either
	}
	if srv.back.keepAlive {
		c.FD.KeepAlive() // a failure leaves the other time-outs
	}
	srv.Counters[counter.Connects].Add(1)
	return c, 0
}

// connect begins a connection, and makes room for its descriptor if there is none.
func (p *Pool) connect(from, to *sock.Address) (*Conn, unix.Errno) {
	if p.dialer != nil {
		s, e := p.dialer.Dial(from, *to)
		if e != 0 && e != unix.EINPROGRESS {
			return nil, e
		}
		c, token := p.unused()
		c.Conn.OpenOn(s, token)
		return c, 0
	}
	fd, e := sock.ConnectFrom(from, to)
	if e == unix.EMFILE && (p.DropIdle() || p.spare.Spend()) {
		fd, e = sock.ConnectFrom(from, to)
	}
	if e != 0 && e != unix.EINPROGRESS {
		return nil, e
	}
	c, token := p.unused()
	c.Conn.Open(fd, token)
	return c, 0
}

// unused takes a Conn from the free list.
func (p *Pool) unused() (*Conn, poll.Token) {
	c, slot := p.conns.Take()
	*c = Conn{slot: slot, seq: c.seq + 1}
	c.timer.Token = loop.TimerToken(p.kind, slot)
	return c, loop.Token(p.kind, slot, c.seq)
}

// Used is the number of connections.
func (p *Pool) Used() int { return p.conns.Used() }

// Close ends a connection that is in no idle pool.
func (p *Pool) Close(c *Conn) {
	c.Resets = c.Resets || c.Server.back.NoLinger
	c.Conn.Close(p.pools)
	p.loop.Stop(&c.timer)
	c.Server, c.User, c.Owner = nil, nil, nil
	c.seq++ // an event that is on its way already is stale now
	p.conns.Put(c.slot)
}

// OnEvent takes an event of a connection to a server.
func (p *Pool) OnEvent(t poll.Token, r poll.Ready) {
	c := p.conns.At(t.Slot())
	switch {
	case c == nil || c.seq != t.Seq() || !c.FD.Valid():
	case c.User == nil:
		p.onIdle(c, r)
	default:
		c.Note(r)
		c.Heard = true
		c.User.Heard(c)
	}
}

// TakeIdle returns an idle connection to where srv is now, nil when there is none. With peek, one that the server has closed or
// written to in the meantime is not returned: a request that must not be sent twice should not meet one.
func (p *Pool) TakeIdle(srv *Server, peek bool) *Conn {
	for srv.idle.top != nil {
		if c := p.take(srv.idle.top, peek); c != nil {
			return c
		}
	}
	return nil
}

// take ends the wait of an idle connection. It returns nil, and the connection is closed, when that is of no use any more.
func (p *Pool) take(c *Conn, peek bool) *Conn {
	if !c.current() || peek && !quiet(c.FD) {
		p.discard(c)
		return nil
	}
	p.unpark(c)
	c.Reused = true
	return c
}

// Park lets a connection whose exchange is complete wait for the next request, of anybody or of its owner.
func (p *Pool) Park(c *Conn) {
	c.User = nil
	c.parked = p.loop.Now()
	c.pool().push(c)
	c.Server.Gauges.Idle.Add(1)
	if c.Owner == nil && !c.timer.Armed() {
		p.loop.Set(&c.timer, p.loop.Now()+IdleTime)
	}
}

// unpark ends the wait.
func (p *Pool) unpark(c *Conn) {
	c.pool().remove(c)
	c.Server.Gauges.Idle.Add(-1)
}

// onIdle closes an idle connection that the server has ended or written to without being asked. An event may also be
// late, and tell of bytes that have been received before the connection became idle.
func (p *Pool) onIdle(c *Conn, r poll.Ready) {
	c.Note(r)
	if r&(poll.PeerDone|poll.Broken) != 0 || r&poll.Readable != 0 && !quiet(c.FD) {
		if c.Owner != nil {
			p.loop.Enqueue(c.Owner.task) // nothing may bind its client to this worker any more
		}
		p.discard(c)
	}
}

// discard closes an idle connection.
func (p *Pool) discard(c *Conn) {
	p.unpark(c)
	p.Close(c)
}

// OnTime closes a connection that has been idle for long enough. The timer is left armed while a connection is in
// use, since it will most likely be idle again before the time comes. One with an owner waits as long as that does.
func (p *Pool) OnTime(slot uint32) {
	c := p.conns.At(slot)
	switch {
	case c.User != nil || c.Server == nil || c.Owner != nil:
	case p.loop.Now()-c.parked < IdleTime:
		p.loop.Set(&c.timer, c.parked+IdleTime)
	default:
		p.discard(c)
	}
}

// DropIdle closes every idle connection to a server that has no owner, and every pipe that is not in use, to make descriptors
// free. It reports whether there was one.
func (p *Pool) DropIdle() bool {
	dropped := p.pools.Pipes.Trim(0)
	for _, b := range p.backends {
		if b.Dispatch != nil && p.dropIdleOf(b.Dispatch) {
			dropped = true
		}
		for _, s := range b.Servers {
			if p.dropIdleOf(s) {
				dropped = true
			}
		}
	}
	return dropped
}

// dropIdleOf is DropIdle for the connections to one server.
func (p *Pool) dropIdleOf(s *Server) bool {
	if s.idle.top == nil {
		return false
	}
	for s.idle.top != nil {
		p.discard(s.idle.top)
	}
	return true
}
