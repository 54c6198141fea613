package relay

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
)

// connectFailed goes on after the server could not be reached.
func (r *Relay) connectFailed(why accesslog.Cause) {
	switch r.ConnectFailed(why) {
	case exchange.GiveUp:
		r.unserved(why)
	case exchange.AtOnce:
		r.Client.Session.Enqueue()
	case exchange.AfterPause:
		r.become(pausing)
	}
}

// unserved ends a relay that no server takes.
func (r *Relay) unserved(why accesslog.Cause) {
	r.blame(why)
	r.finish(exchange.Closed)
}

// stepPausing waits for the next try, unless the client is gone.
func (r *Relay) stepPausing() {
	if r.Client.Reset || r.Client.RecvErr != 0 || r.Client.Leaving() && r.Back.AbortOnClose {
		r.abort(accesslog.ByClient)
	}
}
