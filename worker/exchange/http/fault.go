package http

import (
	"lbmaster/shared/counter"
	"lbmaster/shared/faults"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/buffer"
	"lbmaster/worker/exchange"
	"lbmaster/worker/flow"
	"lbmaster/worker/http1"
	"lbmaster/worker/http1/lex"
	"lbmaster/worker/logline"
	"lbmaster/worker/page"
)

// faultyRequest notes what is wrong with the request, before it is answered with that status.
func (x *Exchange) faultyRequest(status int) {
	f := logline.Fault{Cut: x.state == answering}
	x.note(f, status, &x.request, &x.Up, x.Client.In)
}

// faultyResponse notes what is wrong with the response, while the server's connection is at hand.
func (x *Exchange) faultyResponse() {
	f := logline.Fault{Response: true, Cut: x.state == answering}
	x.note(f, page.BadGateway.Status(), &x.response, &x.Down, x.Link.In)
}

// note completes a fault of a message, whose last bytes are in. It is kept for the log, and for who asks on the admin socket.
func (x *Exchange) note(f logline.Fault, status int, h *http1.Head, body *flow.Flow, in *buffer.Buffer) {
	var p []byte
	if in != nil {
		p = in.Bytes()
	}
	first := int64(0) // where in the message p begins
	switch {
	case body.Body.Fault() != 0:
		first = int64(h.Size) + body.Seen
		f.Text, f.At = body.Body.Fault().String(), int64(h.Size)+body.Body.FaultAt()
	case h.Fault() != 0:
		f.Text, f.At = h.Fault().String(), int64(h.FaultAt())
	default:
		f.Text, f.At = x.unwanted(), -1
	}
	f.Seen = first + int64(len(p))
	x.fault = f
	if x.state == answering {
		status = x.Status
	}
	x.show(&f, status, first, p)
}

// show lets the monitor see a fault of a message of which p is at hand, from first on.
func (x *Exchange) show(f *logline.Fault, status int, first int64, p []byte) {
	if x.Faults == nil {
		return
	}
	seen := faults.Fault{
		When: x.Loop.Wall(), Response: f.Response, Cut: f.Cut, Status: status, Client: x.Logs.Client(x.Client.Peer), Frontend: x.Client.Front.Name,
		Text: f.Text, At: f.At, Seen: f.Seen, First: first, Bytes: p,
	}
	place := x.Client.Front.Number
	if x.Back != nil {
		seen.Backend = x.Back.Name
	}
	if x.Server != nil && x.Server != x.Back.Dispatch {
		seen.Server = x.Server.Name
	}
	if f.Response {
		place = x.Back.Place
	}
	x.Faults.Put(place, &seen)
}

// unwanted is why a response that is correct by itself cannot be passed on.
func (x *Exchange) unwanted() string {
	r := &x.response
	switch {
	case r.Size == 0 || r.Size > x.Client.Front.MaxHeader:
		return lex.FaultTooLarge.String()
	case r.Status == 101:
		return "the server changes to a protocol that the client has not asked for, or before it has got the request"
	case r.Status < 200:
		return "there are too many interim responses at a time"
	}
	return "the server opens a tunnel before it has got the request"
}

// badRequest answers a request that is not correct HTTP.
func (x *Exchange) badRequest(status int) {
	x.Client.Front.Counters[counter.RequestErrors].Add(1)
	x.faultyRequest(status)
	x.answer(page.Of(status), accesslog.ByProxy)
}

// badResponse ends a stream whose server does not speak correct HTTP.
func (x *Exchange) badResponse() {
	x.Count(exchange.ResponseErrors)
	x.faultyResponse()
	x.answer(page.BadGateway, accesslog.ByProxy)
}
