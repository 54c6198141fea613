package relay

import (
	"lbmaster/worker/accesslog"
)

// stepConnecting reaches the server. Nobody knows which side will speak first, so that the client's bytes are sent if there
// are any, and otherwise the poller tells when the server is there.
func (r *Relay) stepConnecting() {
	c := &r.Client.Conn
	switch {
	case c.Reset || c.RecvErr != 0 || c.Leaving() && r.Back.AbortOnClose:
		r.abandon()
		return
	case r.Link == nil && !r.dial():
		return
	case r.Link.Heard && r.Link.FD.Error() != 0:
		r.connectFailed(accesslog.ByServer)
		return
	case !r.Link.Heard && !c.Empty() && !r.move(&r.Up, c, &r.Link.Conn):
		return
	case r.Link.Heard || r.Up.Took > 0:
		r.Linked = r.Loop.Now()
		r.become(relaying)
		r.LogEarly(0)
		return
	}
	r.PollLink()
}

// dial begins a new connection to the server.
func (r *Relay) dial() bool {
	why, ok := r.Dial(true)
	if !ok {
		r.connectFailed(why)
	}
	return ok
}

// abandon ends a relay whose client is gone before the server was reached, or seen to be.
func (r *Relay) abandon() {
	if r.Link != nil {
		r.Link.Resets = true
	}
	r.abort(accesslog.ByClient)
}
