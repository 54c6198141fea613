package proxy

import "lbmaster/worker/http1"

// Some authentication schemes identify a connection instead of a request (http1.ConnAuth): when a server has accepted one,
// everything that comes on the connection is the user's. From the first exchange in which such a scheme is offered or used, a
// connection to a server is bound to the client connection, its owner: nobody else gets it, it waits with the session for the
// next request, however long that takes, and ends with the session.
//
// A server that closes it does not know the client any more. The next request goes over another connection, is refused by the
// server, and begins the handshake again.

// maxOwn is how many connections wait with a session at most. There are several when its cookie names one server after the
// other, or a server has been down.
const maxOwn = 4

// bindIf binds the stream's connection when the head has to do with such a scheme.
func (s *session) bindIf(h *http1.Head) {
	if h.Flags&http1.ConnAuth != 0 {
		s.stream.link.owner = s
	}
}

// bound says that a connection to a server is bound to the session.
func (s *session) bound() bool {
	return s.own.top != nil || s.stream != nil && s.stream.link != nil && s.stream.link.owner != nil
}

// takeOwn returns the session's own connection to where srv is now, nil when there is none. For peek see takeIdle.
func (s *session) takeOwn(srv *server, peek bool) *serverConn {
	for c := s.own.top; c != nil; c = c.next {
		if c.server == srv {
			return s.p.take(c, peek)
		}
	}
	return nil
}

// limitOwn closes the connection that has waited longest with the session, when there are too many.
func (s *session) limitOwn() {
	n := 0
	for c := s.own.top; c != nil; c = c.next {
		if n++; n > maxOwn {
			s.p.discard(c)
			return
		}
	}
}

// dropOwn closes the connections that wait with the session.
func (s *session) dropOwn() {
	for s.own.top != nil {
		s.p.discard(s.own.top)
	}
}

// prefer is the server for a request whose cookie names a server, or none (nil). A server whose challenge the request answers
// comes first, since the answer means nothing to others. It is nil when the balance has to choose.
func (s *session) prefer(named *server) *server {
	if s.own.top == nil {
		return named
	}
	last := s.boundServer(nil)
	if last == nil || named != nil && !s.answers(last) {
		return named
	}
	s.stream.byCookie = last == named
	return last
}

// answers says that the request brings the answer to a challenge of srv, which came with the last response.
func (s *session) answers(srv *server) bool {
	c := s.own.top
	return c.challenged && c.server == srv && s.stream.request.Flags&http1.ConnAuth != 0
}

// boundServer is the server of the connection that was used last, among those that wait with the session, if it takes requests;
// else of the one before. It is nil when there is none besides avoid.
func (s *session) boundServer(avoid *server) *server {
	for c := s.own.top; c != nil; c = c.next {
		if c.server != avoid && c.server.up && c.moves == c.server.moves {
			return c.server
		}
	}
	return nil
}

// midHandshake says that the exchange is a step of a handshake, and that the next one must come on the same connections.
func (st *stream) midHandshake() bool {
	return st.request.Flags&http1.ConnAuth != 0 && (st.response.Status == 401 || st.response.Status == 407)
}
