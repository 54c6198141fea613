package relay

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
)

// ServerDown ends a relay whose server has been marked down. A server that is still to be reached is tried like one that refuses.
func (r *Relay) ServerDown() exchange.End {
	switch r.state {
	case connecting:
		r.connectFailed(accesslog.ByServer)
	case relaying:
		r.Abort(accesslog.ServerDown, accesslog.AtEnd) // as HAProxy says it
		if r.Up.Idle() && r.Down.Idle() {
			r.finish(exchange.Closed)
		} else {
			r.sever()
		}
	}
	return r.Step()
}
