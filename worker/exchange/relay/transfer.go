package relay

import (
	"golang.org/x/sys/unix"

	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
	"lbmaster/worker/flow"
)

// stepRelaying passes on what has come.
func (r *Relay) stepRelaying() {
	client, server := &r.Client.Conn, &r.Link.Conn
	if !r.move(&r.Up, client, server) || !r.move(&r.Down, server, client) {
		return
	}
	if r.Up.Over() && r.Down.Over() {
		r.sever()
		return
	}
	r.PollLink()
	r.heed(client)
	r.heed(server)
}

// heed notices a reset of a peer that had finished sending before: no call will tell until something is sent to it.
func (r *Relay) heed(c *flow.Conn) {
	if c.Reset && c.EOF && c.SendErr == 0 {
		c.SendErr = unix.ECONNRESET
		r.Client.Session.Enqueue()
	}
}

// move moves one direction. It reports false when the relay is no longer in the state that it was in.
func (r *Relay) move(f *flow.Flow, src, dst *flow.Conn) bool {
	if f.Over() {
		return true
	}
	before, o := f.Took, flow.Refused
	if dst.SendErr == 0 {
		o = f.Carry(src, dst, r.Pools)
	}
	if f.Took != before {
		r.Touch()
	}
	if f.Out != nil && f.Unsent() == 0 {
		f.Drop(r.Pools)
	}
	switch o {
	case flow.Going:
		r.Client.Session.Enqueue()
	case flow.Finished:
		if other := r.against(f); !other.Over() {
			dst.FD.ShutdownWrite()
		}
	case flow.Refused:
		return r.refused(f, dst)
	case flow.Cut:
		r.noteAbort(r.side(src))
		f.Lost = true
		r.sever()
		return false
	}
	return true
}

// refused goes on after dst has stopped taking bytes. What it said before is still to be received; then the other side
// learns how it ended.
func (r *Relay) refused(f *flow.Flow, dst *flow.Conn) bool {
	if r.Linked < 0 {
		r.connectFailed(accesslog.ByServer)
		return false
	}
	r.noteAbort(r.side(dst))
	f.Lost = true
	dst.Readable = true
	r.Client.Session.Enqueue()
	return true
}

// against is the other direction.
func (r *Relay) against(f *flow.Flow) *flow.Flow {
	if f == &r.Up {
		return &r.Down
	}
	return &r.Up
}

// side is who holds the other end of c.
func (r *Relay) side(c *flow.Conn) accesslog.Cause {
	if c == &r.Client.Conn {
		return accesslog.ByClient
	}
	return accesslog.ByServer
}

// sever ends a relay. A side that has not got all of what the other one sent, or was cut itself, is told so by a reset.
func (r *Relay) sever() {
	lost := r.Up.Lost || r.Down.Lost
	r.Link.Resets = lost || !r.Up.Idle() || r.Back.NoLinger
	r.Client.Resets = lost || !r.Down.Idle() || r.Client.Front.NoLinger
	r.finish(exchange.Reset)
}
