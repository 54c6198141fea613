package proxy

import (
	"golang.org/x/sys/unix"

	"lbmaster/worker/accesslog"
	"lbmaster/worker/flow"
	"lbmaster/worker/page"
	"lbmaster/worker/upstream"
)

// stepServing moves both directions of a stream.
func (s *session) stepServing() {
	if s.stream.link == nil && !s.connect() {
		return
	}
	s.moveRequest()
	if s.state == serving && s.stream.link != nil {
		s.moveResponse()
	}
}

// connect gives the stream a connection to its server: the client's own or else any idle one, if there is any. The first request of a
// client goes on a new one when it could not be repeated: an idle one may be closed by the server in this moment.
func (s *session) connect() bool {
	st := s.stream
	once := st.once()
	c := s.p.upstream.TakeOwn(&s.own, st.server, once)
	if c == nil && !(once && s.fresh) {
		c = s.p.upstream.TakeIdle(st.server, once)
	}
	if c == nil {
		return s.connectAnew()
	}
	s.attach(c)
	return true
}

// connectAnew gives the stream a new connection to its server.
func (s *session) connectAnew() bool {
	st := s.stream
	c, e := s.dial(st.server)
	if e != 0 {
		s.connectFailed(blamed(e))
		return false
	}
	s.attach(c)
	return true
}

// dial begins a new connection to srv.
func (s *session) dial(srv *upstream.Server) (*upstream.Conn, unix.Errno) {
	port := uint16(0)
	if srv.Mapped {
		port = s.client.FD.Name().Port()
	}
	return s.p.upstream.Dial(srv, port, s.stream.heads == nil)
}

// attach makes c the stream's connection.
func (s *session) attach(c *upstream.Conn) {
	c.User = s
	s.stream.link = c
	s.since = s.p.loop.Now()
	if c.Reused {
		s.stream.linked = s.p.loop.Now()
	}
	if s.stream.heads != nil {
		s.bindIf(&s.stream.request)
	}
}

// moveRequest sends what it can of the request.
func (s *session) moveRequest() {
	st := s.stream
	if st.sent || st.unsendable {
		return
	}
	before := st.up.Took
	o := st.up.Carry(&s.client, &st.link.Conn, s.p.pools)
	if st.up.Took != before {
		s.since = s.p.loop.Now()
	}
	if st.linked < 0 && st.connected() {
		st.linked = s.p.loop.Now()
	}
	if !st.link.Registered {
		s.p.register(&st.link.Conn)
	}
	switch o {
	case flow.Going:
		s.p.loop.Enqueue(&s.task)
	case flow.Finished:
		st.sent = true
	case flow.Cut:
		s.abort(accesslog.ByClient)
	case flow.Refused:
		s.requestRefused()
	case flow.Faulty:
		s.requestFaulty()
	}
}

// requestRefused goes on after the server has stopped taking the request. A server may answer early and close; what
// it said before is still to be received.
func (s *session) requestRefused() {
	st := s.stream
	if !st.connected() {
		s.connectFailed(accesslog.ByServer)
		return
	}
	st.unsendable = true
	st.link.Readable = true
}

// requestFaulty ends a stream whose request body cannot be told from what follows it.
func (s *session) requestFaulty() {
	st := s.stream
	s.front.counters.RequestErrors.Add(1)
	s.faultyRequest(400)
	if st.answering {
		s.blame(accesslog.ByProxy)
		s.cut()
		return
	}
	s.part(page.BadRequest, accesslog.ByProxy)
}

// moveResponse gives the client what it can of the response.
func (s *session) moveResponse() {
	st := s.stream
	if !st.answering && !s.readResponse() {
		return
	}
	before := st.down.Took
	o := st.down.Carry(&st.link.Conn, &s.client, s.p.pools)
	if st.down.Took != before {
		s.since = s.p.loop.Now()
	}
	switch o {
	case flow.Going:
		s.p.loop.Enqueue(&s.task)
	case flow.Finished:
		s.finish()
	case flow.Cut:
		s.breakOff(accesslog.ByServer)
	case flow.Refused:
		s.abort(accesslog.ByClient)
	case flow.Faulty:
		st.count(responseErrors)
		s.faultyResponse()
		s.blame(accesslog.ByProxy)
		s.cut()
	}
}

// finish ends a stream whose response has been given to the client in full.
func (s *session) finish() {
	st := s.stream
	switch {
	case st.link == nil:
	case s.reusable():
		s.keepLink()
	case st.sent && !st.down.Open:
		// Both sides have said all that they had to say: a reset spares both the rest of the ceremony, and us the
		// TIME_WAIT that takes a port for a minute.
		st.link.Resets = true
	}
	if !st.keep {
		s.conclude(!st.sent)
		return
	}
	s.endStream()
	s.fresh = false
	s.become(idle)
}

// reusable says that the server's connection is in the state that the next request expects, and that somebody may send one.
func (s *session) reusable() bool {
	st := s.stream
	c := st.link
	return st.sent && !s.front.httpClose && !c.Spent && s.wanted(c) && persistent(&st.response) && !st.down.Open && c.Empty() && !c.Over() && !c.PeerDone &&
		c.Drained()
}

// wanted says that there can be another request for a connection: only its owner's if it has one, else anybody's, but for a
// port that depends on the one which the client has connected to.
func (s *session) wanted(c *upstream.Conn) bool {
	if c.Owner != nil {
		return s.stream.keep
	}
	return !c.Server.Mapped
}

// keepLink lets the stream's connection wait for another request.
func (s *session) keepLink() {
	st := s.stream
	c := st.link
	st.link = nil
	c.Challenged = c.Owner != nil && st.midHandshake()
	s.p.upstream.Park(c)
	if c.Owner != nil {
		s.p.upstream.LimitOwn(&s.own)
	}
}

// cut ends a session whose response stays incomplete. The client gets all that there is. It sees that something is missing when it knows
// a length, or gets chunks, and is not left in the belief that it has the whole otherwise: it gets an end then that is none.
func (s *session) cut() {
	st := s.stream
	s.dropLink()
	if st.endsWithConnection() {
		s.client.Resets = true
		s.flush()
		return
	}
	s.becomeLingering()
}

// stop ends a session at once. Its client must not take the part of a response that it has got for the whole.
func (s *session) stop() {
	s.client.Resets = s.state == serving && s.stream.answering && s.stream.endsWithConnection()
	s.end()
}

// endsWithConnection says that for the client only the end of the connection is the end of the response.
func (st *stream) endsWithConnection() bool { return st.down.Open || st.down.Unwrap }
