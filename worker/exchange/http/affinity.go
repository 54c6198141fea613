package http

import (
	"lbmaster/worker/http1"
	"lbmaster/worker/upstream"
)

// bindIf binds the server's connection to the client when the head has to do with a scheme that identifies connections (http1.ConnAuth).
func (x *Exchange) bindIf(h *http1.Head) {
	if h.Flags&http1.ConnAuth != 0 {
		x.Link.Owner = &x.Client.Own
	}
}

// bound says that a connection to a server is bound to the client.
func (x *Exchange) bound() bool {
	return x.Client.Own.Bound() || x.Link != nil && x.Link.Owner != nil
}

// prefer is the server for a request whose cookie names a server, or none (nil). A server whose challenge the request answers
// comes first, since the answer means nothing to others. It is nil when the balance has to choose.
func (x *Exchange) prefer(named *upstream.Server) *upstream.Server {
	last := x.Client.Own.Server(nil)
	if last == nil || named != nil && !(x.Client.Own.Challenges(last) && x.request.Flags&http1.ConnAuth != 0) {
		return named
	}
	x.ByCookie = last == named
	return last
}

// midHandshake says that the exchange is a step of a handshake, and that the next one must come on the same connections.
func (x *Exchange) midHandshake() bool {
	return x.request.Flags&http1.ConnAuth != 0 && (x.response.Status == 401 || x.response.Status == 407)
}
