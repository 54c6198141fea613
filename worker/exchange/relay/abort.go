package relay

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
)

// how is how far the relay has come: the server's part is over when it has ended its side and gets nothing more.
func (r *Relay) how() accesslog.Progress {
	switch {
	case r.Linked < 0:
		return accesslog.InConnect
	case r.Down.Done && r.Up.Over():
		return accesslog.InLastData
	}
	return accesslog.InData
}

// blame notes why the relay ends.
func (r *Relay) blame(why accesslog.Cause) { r.Blame(why, r.how()) }

// noteAbort notes and counts that the relay ends early.
func (r *Relay) noteAbort(why accesslog.Cause) { r.Abort(why, r.how()) }

// abort ends a relay whose client is to blame.
func (r *Relay) abort(why accesslog.Cause) {
	r.noteAbort(why)
	r.finish(exchange.Closed)
}
