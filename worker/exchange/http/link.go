package http

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
	"lbmaster/worker/http1"
	"lbmaster/worker/page"
	"lbmaster/worker/upstream"
)

// stepLinking gives the exchange a connection to its server: the client's own or else any idle one, if there is any. The first request of a
// client goes on a new one when it could not be repeated: an idle one may be closed by the server in this moment.
func (x *Exchange) stepLinking() {
	once := x.once()
	c := x.Upstream.TakeOwn(&x.Client.Own, x.Server, once)
	if c == nil && !(once && x.Client.Fresh) {
		c = x.Upstream.TakeIdle(x.Server, once)
	}
	if c == nil {
		x.linkAnew()
		return
	}
	x.Attach(c)
	x.linked()
}

// linkAnew gives the exchange a new connection to its server.
func (x *Exchange) linkAnew() {
	if why, ok := x.Dial(false); !ok {
		x.connectFailed(why)
		return
	}
	x.linked()
}

// linked goes on when there is a connection.
func (x *Exchange) linked() {
	x.bindIf(&x.request)
	x.become(requesting)
}

// connectFailed goes on after the server could not be reached.
func (x *Exchange) connectFailed(why accesslog.Cause) {
	switch x.ConnectFailed(why) {
	case exchange.GiveUp:
		x.answer(page.Unavailable, why)
	case exchange.AtOnce:
		x.linkAgain()
	case exchange.AfterPause:
		x.deliver(underway)
		x.become(pausing)
	}
}

// linkAgain goes back to where there is no connection. The next one is looked for in another turn when this one was.
func (x *Exchange) linkAgain() {
	x.deliver(underway)
	if x.state == linking {
		x.Client.Session.Enqueue()
		return
	}
	x.become(linking)
}

// stepPausing waits for the next try, unless the client is gone.
func (x *Exchange) stepPausing() {
	if x.Client.Reset || x.Client.RecvErr != 0 {
		x.abort(accesslog.ByClient)
	}
}

// deserted says that the client has ended its side before the response began, and that nobody is to be served then (abortonclose).
func (x *Exchange) deserted() bool {
	return x.Back != nil && x.Back.AbortOnClose && x.Client.Leaving() && x.Up.Done && (x.state == linking || x.state == requesting || x.state == pausing)
}

// desert answers such a client, which may be listening still.
func (x *Exchange) desert() {
	x.noteAbort(accesslog.ByClient)
	x.answer(page.BadRequest, accesslog.ByClient)
}

// ServerDown ends an exchange whose server has been marked down, unless the server has said all already. One that is still to be reached is
// tried like one that refuses.
func (x *Exchange) ServerDown() exchange.End {
	switch {
	case x.state == requesting && !x.connected():
		x.connectFailed(accesslog.ByServer)
	case x.state == requesting:
		x.Count(exchange.ResponseErrors)
		x.answer(page.BadGateway, accesslog.ServerDown)
	case x.state == answering && !x.Down.Done:
		x.breakOff(accesslog.ServerDown)
	}
	return x.end
}

// serverGone goes on after the server has closed the connection without a complete head.
func (x *Exchange) serverGone() {
	switch {
	case x.repeatable():
		x.repeat()
	case !x.connected():
		x.connectFailed(accesslog.ByServer)
	case x.clientRepeats():
		x.Count(exchange.ResponseErrors)
		x.blame(accesslog.ByServer)
		x.close()
	default:
		x.Count(exchange.ResponseErrors)
		x.answer(page.BadGateway, accesslog.ByServer)
	}
}

// repeat sends the request again, on a new connection.
func (x *Exchange) repeat() {
	x.DropLink()
	x.Up.Sent = 0
	x.response.Reset()
	x.Count(exchange.Retries)
	x.linkAgain()
	x.linkAnew()
	x.Client.Session.Enqueue()
}

// once says that the request could not be sent a second time, when the server has closed an idle connection in the moment in which the
// first attempt came: a second execution could do harm, or not all of the request is at hand.
func (x *Exchange) once() bool { return !x.request.MethodID.Idempotent() || !x.Up.Done }

// clientRepeats says that the client is to repeat the request that an idle connection has lost, which is why its own connection is closed
// without an answer (RFC 9112 section 9.3.1). A client whose first request on its connection this is would not.
func (x *Exchange) clientRepeats() bool {
	return !x.Client.Fresh && x.Link.Reused && x.interim == 0 && x.Link.Empty()
}

// repeatable says that the request may be sent again on another connection after this one died without an answer: the
// connection had been used before, all that was sent is still at hand, and a second execution does no harm (RFC 9110
// section 9.2.2) or the server has seen nothing of the first.
func (x *Exchange) repeatable() bool {
	if !x.Link.Reused || x.interim > 0 || x.Up.Out == nil || x.Up.Past > 0 || !x.Link.Empty() {
		return false
	}
	return x.Up.Sent == 0 || x.request.MethodID.Idempotent()
}

// reusable says that the server's connection is in the state that the next request expects, and that somebody may send one.
func (x *Exchange) reusable() bool {
	c := x.Link
	return x.delivery == delivered && !x.Client.Front.HTTPClose && !c.Spent && x.wanted(c) && persistent(&x.response) &&
		!x.Down.Open && c.Empty() && !c.Over() && !c.PeerDone && c.Drained()
}

// wanted says that there can be another request for a connection: only its owner's if it has one, else anybody's, but for a
// port that depends on the one which the client has connected to.
func (x *Exchange) wanted(c *upstream.Conn) bool {
	if c.Owner != nil {
		return x.keep
	}
	return !c.Server.Mapped
}

// keepLink lets the server's connection wait for another request.
func (x *Exchange) keepLink() {
	c := x.Link
	x.Link = nil
	c.Challenged = c.Owner != nil && x.midHandshake()
	x.Upstream.Park(c)
	if c.Owner != nil {
		x.Upstream.LimitOwn(&x.Client.Own)
	}
}

// persistent says that the sender of the head wants the connection to go on (RFC 9112 section 9.3).
func persistent(h *http1.Head) bool {
	if h.Minor == 0 {
		return h.Flags&(http1.ConnKeepAlive|http1.ConnClose) == http1.ConnKeepAlive
	}
	return h.Flags&http1.ConnClose == 0
}
