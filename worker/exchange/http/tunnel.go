package http

import (
	"lbmaster/worker/exchange"
	"lbmaster/worker/http1/framing"
)

// switchProtocol goes on with a server that agrees to speak what the client has asked for.
func (x *Exchange) switchProtocol() {
	if !x.upgrade || x.delivery != delivered {
		x.badResponse()
		return
	}
	if x.writeHead("Connection: upgrade\r\n") {
		x.becomeTunnel()
	}
}

// openTunnel goes on with a server that has connected the client to where it wanted (RFC 9110 section 9.3.6).
func (x *Exchange) openTunnel() {
	if x.delivery != delivered {
		x.badResponse()
		return
	}
	if x.writeHead("") {
		x.becomeTunnel()
	}
}

// becomeTunnel lets all further bytes pass unread.
func (x *Exchange) becomeTunnel() {
	x.Headed, x.Status = x.Loop.Now(), x.response.Status
	x.Client.Front.Log.Response(x.Trace, &x.response, x.Link.In.Bytes())
	x.Link.Conn.Consume(x.response.Size, x.Pools)
	x.Up.Drop(x.Pools)
	x.Up.Begin(framing.UntilClose, 0)
	x.Down.Begin(framing.UntilClose, 0)
	x.Upstream.DropOwn(&x.Client.Own)
	x.CountResponse(x.Status)
	x.LogEarly(x.Down.Out.Len())
	x.Up.Seen += int64(x.request.Size)
	x.finish(exchange.Tunnel)
}
