package proxy

import (
	"lbmaster/worker/http1"
	"lbmaster/worker/upstream"
)

// bindIf binds the stream's connection when the head has to do with such a scheme.
func (s *session) bindIf(h *http1.Head) {
	if h.Flags&http1.ConnAuth != 0 {
		s.stream.link.Owner = &s.own
	}
}

// bound says that a connection to a server is bound to the session.
func (s *session) bound() bool {
	return s.own.Bound() || s.stream != nil && s.stream.link != nil && s.stream.link.Owner != nil
}

// prefer is the server for a request whose cookie names a server, or none (nil). A server whose challenge the request answers
// comes first, since the answer means nothing to others. It is nil when the balance has to choose.
func (s *session) prefer(named *upstream.Server) *upstream.Server {
	last := s.own.Server(nil)
	if last == nil || named != nil && !(s.own.Challenges(last) && s.stream.request.Flags&http1.ConnAuth != 0) {
		return named
	}
	s.stream.byCookie = last == named
	return last
}

// midHandshake says that the exchange is a step of a handshake, and that the next one must come on the same connections.
func (st *stream) midHandshake() bool {
	return st.request.Flags&http1.ConnAuth != 0 && (st.response.Status == 401 || st.response.Status == 407)
}
