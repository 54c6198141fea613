package relay

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
	"lbmaster/worker/loop"
)

// Deadline is when the relay has waited too long, in ms.
func (r *Relay) Deadline() int64 {
	switch r.state {
	case pausing:
		return r.PauseEnd()
	case connecting:
		return r.Since + r.Back.Connect
	}
	return r.Since + r.patience()
}

// patience is for how many ms both sides may be idle. One that has been reset keeps its peer only as long as that still takes what was sent
// before.
func (r *Relay) patience() int64 {
	_, idle := r.awaited()
	if idle == loop.Never {
		idle = r.Back.Tunnel
	}
	if idle == loop.Never {
		idle = min(r.Client.Front.Client, r.Back.Timeout)
	}
	if r.Up.Lost || r.Down.Lost || r.Client.Reset || r.Link.Reset {
		idle = min(idle, exchange.StallTime)
	}
	return idle
}

// awaited is who is waited for alone, when the other side has ended or has sent all, and for how many ms; loop.Never: as long as before.
func (r *Relay) awaited() (accesslog.Cause, int64) {
	switch {
	case r.Down.Over() && !r.Up.Over(), r.Up.Over() && !r.Down.Idle():
		return accesslog.ClientTime, r.Client.Front.ClientFin
	case r.Up.Over():
		return accesslog.ServerTime, r.Back.ServerFin
	}
	return accesslog.Normally, loop.Never
}

// Expire acts on a wait that was too long.
func (r *Relay) Expire() exchange.End {
	switch r.state {
	case connecting:
		r.connectFailed(accesslog.ServerTime)
	case pausing:
		r.become(connecting)
	case relaying:
		r.expireRelaying()
	}
	return r.Step()
}

// expireRelaying ends a relay through which nothing has passed, and blames the side that has the shorter time; the client when both have the
// same, as HAProxy does.
func (r *Relay) expireRelaying() {
	why, own := r.awaited()
	switch {
	case own != loop.Never:
	case r.Client.Front.Client <= r.Back.Timeout || r.Back.Tunnel != loop.Never:
		why = accesslog.ClientTime
	default:
		why = accesslog.ServerTime
	}
	r.noteAbort(why)
	r.sever()
}
