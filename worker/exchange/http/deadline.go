package http

import (
	"lbmaster/shared/counter"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
	"lbmaster/worker/page"
)

// Deadline is when the exchange has waited too long, in ms. It is derived from what is waited for, so that no timer
// needs to be stopped or moved while bytes flow.
func (x *Exchange) Deadline() int64 {
	switch x.state {
	case reading:
		return x.Began + x.Client.Front.Request
	case linking, requesting, answering:
		return x.servingDeadline()
	case pausing:
		return x.PauseEnd()
	}
	return x.Since + x.Client.Front.Client // parting
}

// servingDeadline blames the side that has to act next.
func (x *Exchange) servingDeadline() int64 {
	switch {
	case !x.connected():
		return x.Since + x.Back.Connect
	case x.waitsForClient():
		return x.Since + x.Client.Front.Client
	}
	return x.Since + x.Back.Timeout
}

// waitsForClient says that it is the client's turn: to take bytes, or to send the rest of its request.
func (x *Exchange) waitsForClient() bool {
	if !x.Down.Idle() {
		return true
	}
	return !x.Up.Done && x.Up.Idle() && x.delivery != refused
}

// Expire acts on a wait that was too long.
func (x *Exchange) Expire() exchange.End {
	switch x.state {
	case reading:
		x.Client.Front.Counters[counter.RequestErrors].Add(1)
		x.answer(page.RequestTimeout, accesslog.ClientTime)
	case linking, requesting, answering:
		x.expireServing()
	case pausing:
		x.become(linking)
	case parting:
		x.close()
	}
	return x.Step()
}

// expireServing ends an exchange whose client or server is too slow.
func (x *Exchange) expireServing() {
	switch {
	case !x.connected():
		x.connectFailed(accesslog.ServerTime)
	case x.waitsForClient() && x.state == answering:
		x.Client.Resets = x.endsWithConnection()
		x.abort(accesslog.ClientTime)
	case x.waitsForClient():
		x.noteAbort(accesslog.ClientTime)
		x.answer(page.RequestTimeout, accesslog.ClientTime)
	case x.state == answering:
		x.breakOff(accesslog.ServerTime)
	default:
		x.Count(exchange.ResponseErrors)
		x.answer(page.GatewayTimeout, accesslog.ServerTime)
	}
}
