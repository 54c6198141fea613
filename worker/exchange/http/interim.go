package http

import "lbmaster/worker/accesslog"

// MaxInterim bounds the 1xx responses that come one behind the other: each is sent by itself, and costs more than its bytes. A
// server that says every few seconds that it is still at work may do so for ever.
const (
	MaxInterim  = 10
	InterimTime = 1000 // ms without one after which they are counted anew
)

// flushInterim gives the client the interim response that waits, if any, and reports whether it has taken all of it.
func (x *Exchange) flushInterim() bool {
	if x.Down.Out == nil {
		return true
	}
	if x.Down.Push(&x.Link.Conn, &x.Client.Conn, x.Pools) {
		x.Down.Drop(x.Pools)
		return true
	}
	if x.Client.SendErr != 0 {
		x.abort(accesslog.ByClient)
	}
	return false
}

// takeInterim passes a 1xx response on, unless the client is too old to know them (RFC 9110 section 15.2).
func (x *Exchange) takeInterim() bool {
	c := &x.Link.Conn
	if x.Loop.Now()-x.Since >= InterimTime {
		x.interim = 0
	}
	if x.interim++; x.interim > MaxInterim {
		x.badResponse()
		return false
	}
	if x.request.Minor == 1 && !x.writeHead("") {
		return false
	}
	c.Consume(x.response.Size, x.Pools)
	x.response.Reset()
	x.Touch()
	return true
}
