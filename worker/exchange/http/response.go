package http

import (
	"lbmaster/worker/exchange"
	"lbmaster/worker/http1"
	"lbmaster/worker/http1/framing"
	"lbmaster/worker/http1/lex"
)

// readResponse reads heads until that of the final response has been taken, and reports whether it has.
func (x *Exchange) readResponse() bool {
	c := &x.Link.Conn
	for x.flushInterim() {
		if !c.Empty() {
			switch v := x.parseResponse(); {
			case v == http1.Done:
				if x.takeResponse() {
					continue
				}
				return x.state == answering
			case v != http1.More || c.In.Len() >= x.Client.Front.MaxHeader:
				x.badResponse()
				return false
			}
		}
		if !c.Fill(x.Pools) {
			if c.Over() {
				x.serverGone()
			}
			return false
		}
	}
	return false
}

// parseResponse reads as much of a head as has come.
func (x *Exchange) parseResponse() http1.Verdict {
	r := &x.response
	r.Tolerant = x.Back.Tolerant
	v := r.ParseResponse(x.Link.In.Bytes(), x.request.MethodID)
	if v != http1.Done {
		return v
	}
	if r.Flags&http1.Overhang != 0 {
		x.Link.Spent = true
	}
	if r.Flags&http1.Untidy != 0 {
		return x.tidy()
	}
	return v
}

// tidy replaces a head that was only taken in tolerance by one that everybody understands, and reads that.
func (x *Exchange) tidy() http1.Verdict {
	c := &x.Link.Conn
	r := &x.response
	x.tidied = r.AppendTidy(x.tidied[:0], c.In.Bytes())
	c.In.Consume(r.Size)
	if !c.Replace(x.tidied, x.Pools) {
		return http1.FieldsTooLarge
	}
	r.Reset()
	return r.ParseResponse(c.In.Bytes(), x.request.MethodID)
}

// takeResponse goes on with a complete head. It reports true for an interim one: another follows.
func (x *Exchange) takeResponse() (interim bool) {
	r := &x.response
	x.bindIf(r)
	switch {
	case r.Size > x.Client.Front.MaxHeader:
		x.badResponse()
	case r.Status == 101:
		x.switchProtocol()
	case r.Status < 200:
		return x.takeInterim()
	case x.request.MethodID == lex.CONNECT && r.Status < 300:
		x.openTunnel()
	default:
		x.respond()
	}
	return false
}

// respond begins the final response.
func (x *Exchange) respond() {
	r := &x.response
	x.Down.Unwrap = r.Framing == framing.Chunked && x.request.Minor == 0
	untilClose := r.Framing == framing.UntilClose || x.Down.Unwrap
	x.keep = persistent(&x.request) && !untilClose && x.delivery == delivered && x.stays() && !x.Client.Front.HTTPClose
	x.Headed, x.Status = x.Loop.Now(), r.Status
	x.Client.Front.Log.Response(x.Trace, &x.response, x.Link.In.Bytes())
	if !x.writeHead(x.clientConnection()) {
		return
	}
	size := x.Down.Out.Len()
	x.Link.Conn.Consume(r.Size, x.Pools)
	x.Down.Begin(r.Framing, r.Length)
	if x.Back.Tolerant {
		x.Down.Body.Tolerate()
	}
	if !x.Down.Lead(&x.Link.Conn, x.Pools) {
		x.Down.Drop(x.Pools)
		x.Headed = -1 // nothing of it has passed
		x.badResponse()
		return
	}
	x.Down.Last, x.Down.Deliver = !x.keep, true
	x.become(answering)
	x.CountResponse(r.Status)
	x.LogEarly(size)
	if x.delivery == delivered {
		x.Up.Drop(x.Pools)
	}
}

// stays says that the client connection can go on: here, or in the next generation. That one gets no connections to servers, so
// that a client which is bound to one has to connect again; not in the middle of a handshake, which would fail.
func (x *Exchange) stays() bool {
	switch x.Client.Session.Stays() {
	case exchange.Here:
		return true
	case exchange.Nowhere:
		return false
	}
	return !x.bound() || x.midHandshake()
}

// clientConnection is the Connection field of the response; "" when the version says it already.
func (x *Exchange) clientConnection() string {
	switch {
	case !x.keep:
		return "Connection: close\r\n"
	case x.request.Minor == 0 || x.response.Minor == 0:
		return "Connection: keep-alive\r\n"
	}
	return ""
}
