package upstream

import "lbmaster/worker/loop"

// Some authentication schemes identify a connection instead of a request (http1.ConnAuth): when a server has accepted one,
// everything that comes on the connection is the user's. From the first exchange in which such a scheme is offered or used, a
// connection to a server is bound to the client connection, its owner: nobody else gets it, it waits with the session for the
// next request, however long that takes, and ends with the session.
//
// A server that closes it does not know the client any more. The next request goes over another connection, is refused by the
// server, and begins the handshake again.

// MaxOwn is how many connections wait with a session at most. There are several when its cookie names one server after the
// other, or a server has been down.
const MaxOwn = 4

// Owner is a client that servers know by its connections.
type Owner struct {
	idle idlePool // connections that wait with the client
	task *loop.Task
}

// NewOwner makes an owner, whose task gets a turn when a server has ended a connection.
func NewOwner(task *loop.Task) Owner { return Owner{task: task} }

// Bound says that connections wait with the owner.
func (o *Owner) Bound() bool { return o.idle.top != nil }

// TakeOwn returns a connection of the owner to where srv is now, nil when there is none. For peek see TakeIdle.
func (p *Pool) TakeOwn(o *Owner, srv *Server, peek bool) *Conn {
	for c := o.idle.top; c != nil; c = c.next {
		if c.Server == srv {
			return p.take(c, peek)
		}
	}
	return nil
}

// LimitOwn closes the connection that has waited longest with the owner, when there are too many.
func (p *Pool) LimitOwn(o *Owner) {
	n := 0
	for c := o.idle.top; c != nil; c = c.next {
		if n++; n > MaxOwn {
			p.discard(c)
			return
		}
	}
}

// DropOwn closes the connections that wait with the owner.
func (p *Pool) DropOwn(o *Owner) {
	for o.idle.top != nil {
		p.discard(o.idle.top)
	}
}

// Challenges says that the last response that the owner got was a challenge of srv, which has to be answered on the same connection.
func (o *Owner) Challenges(srv *Server) bool {
	c := o.idle.top
	return c != nil && c.Challenged && c.Server == srv
}

// Server is the server of the connection that was used last, among those that wait with the owner, if it takes requests; else of the one
// before. It is nil when there is none besides avoid.
func (o *Owner) Server(avoid *Server) *Server {
	for c := o.idle.top; c != nil; c = c.next {
		if c.Server != avoid && c.Server.Up && c.current() {
			return c.Server
		}
	}
	return nil
}
