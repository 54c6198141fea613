package http

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
)

// blame notes why the exchange ends.
func (x *Exchange) blame(why accesslog.Cause) { x.Blame(why, x.how()) }

// noteAbort notes and counts that the exchange ends early.
func (x *Exchange) noteAbort(why accesslog.Cause) { x.Abort(why, x.how()) }

// how is how far the exchange has come.
func (x *Exchange) how() accesslog.Progress {
	switch {
	case x.Complete < 0:
		return accesslog.InRequest
	case !x.connected():
		return accesslog.InConnect
	case x.state != answering:
		return accesslog.InHeaders
	case x.Down.Done:
		return accesslog.InLastData
	}
	return accesslog.InData
}

// close ends the client connection at once.
func (x *Exchange) close() { x.finish(exchange.Closed) }

// abort ends an exchange whose client is to blame.
func (x *Exchange) abort(why accesslog.Cause) {
	x.noteAbort(why)
	x.close()
}

// breakOff ends an exchange so that the client cannot take the part of the response it has got for the whole.
func (x *Exchange) breakOff(why accesslog.Cause) {
	x.noteAbort(why)
	x.cut()
}

// cut ends an exchange whose response stays incomplete. The client gets all that there is. It sees that something is missing when it knows
// a length, or gets chunks, and is not left in the belief that it has the whole otherwise: it gets an end then that is none.
func (x *Exchange) cut() {
	x.DropLink()
	if x.endsWithConnection() {
		x.Client.Resets = true
		x.finish(exchange.Reset)
		return
	}
	x.finish(exchange.Cut)
}

// endsWithConnection says that for the client only the end of the connection is the end of the response.
func (x *Exchange) endsWithConnection() bool { return x.Down.Open || x.Down.Unwrap }
