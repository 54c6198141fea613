package http

import (
	"lbmaster/shared/counter"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
	"lbmaster/worker/flow"
)

// transfer moves both directions.
func (x *Exchange) transfer() {
	x.moveRequest()
	if x.state == requesting && !x.readResponse() {
		return
	}
	if x.state == answering {
		x.moveResponse()
	}
}

// moveRequest sends what it can of the request.
func (x *Exchange) moveRequest() {
	if x.delivery != underway {
		return
	}
	before := x.Up.Took
	o := x.Up.Carry(&x.Client.Conn, &x.Link.Conn, x.Pools)
	if x.Up.Took != before {
		x.Touch()
	}
	if x.Linked < 0 && x.connected() {
		x.Linked = x.Loop.Now()
	}
	x.PollLink()
	switch o {
	case flow.Going:
		x.Client.Session.Enqueue()
	case flow.Finished:
		x.deliver(delivered)
	case flow.Cut:
		x.abort(accesslog.ByClient)
	case flow.Refused:
		x.requestRefused()
	case flow.Faulty:
		x.requestFaulty()
	}
}

// requestRefused goes on after the server has stopped taking the request. A server may answer early and close; what
// it said before is still to be received.
func (x *Exchange) requestRefused() {
	if !x.connected() {
		x.connectFailed(accesslog.ByServer)
		return
	}
	x.deliver(refused)
	x.Link.Readable = true
}

// requestFaulty ends an exchange whose request body cannot be told from what follows it.
func (x *Exchange) requestFaulty() {
	if x.state != answering {
		x.badRequest(400)
		return
	}
	x.Client.Front.Counters[counter.RequestErrors].Add(1)
	x.faultyRequest(400)
	x.blame(accesslog.ByProxy)
	x.cut()
}

// moveResponse gives the client what it can of the response.
func (x *Exchange) moveResponse() {
	before := x.Down.Took
	o := x.Down.Carry(&x.Link.Conn, &x.Client.Conn, x.Pools)
	if x.Down.Took != before {
		x.Touch()
	}
	switch o {
	case flow.Going:
		x.Client.Session.Enqueue()
	case flow.Finished:
		x.complete()
	case flow.Cut:
		x.breakOff(accesslog.ByServer)
	case flow.Refused:
		x.abort(accesslog.ByClient)
	case flow.Faulty:
		x.Count(exchange.ResponseErrors)
		x.faultyResponse()
		x.blame(accesslog.ByProxy)
		x.cut()
	}
}

// complete ends an exchange whose response has been given to the client in full.
func (x *Exchange) complete() {
	switch {
	case x.reusable():
		x.keepLink()
	case x.delivery == delivered && !x.Down.Open:
		// Both sides have said all that they had to say: a reset spares both the rest of the ceremony, and us the
		// TIME_WAIT that takes a port for a minute.
		x.Link.Resets = true
	}
	switch {
	case x.keep:
		x.finish(exchange.Kept)
	case x.delivery == delivered:
		x.finish(exchange.Concluded)
	default:
		x.finish(exchange.Answered)
	}
}
