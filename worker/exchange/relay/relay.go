// Package relay is an exchange that passes bytes both ways, unread: the whole of a connection in mode tcp, and an HTTP connection after it
// has become a tunnel. Each side's end is passed on when all its bytes have been, and a reset as a reset.
//
//	deadline   how long is waited for whom
//	down       its server has been marked down
//	relay      what runs it
//	connect    the server is reached
//	transfer   bytes pass
//	retry      the server could not be reached
//	abort      ends before their time
//	state      where it is, and what may follow
package relay

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
	"lbmaster/worker/http1/framing"
	"lbmaster/worker/loop"
)

// Relay is an exchange whose bytes nobody reads.
type Relay struct {
	*exchange.Stream
	*Pool
	state state
	end   exchange.End // what follows when the relay is over
}

// Pool is what the relays of a worker share. It belongs to the loop.
type Pool struct{ free loop.FreeList[Relay] }

// New begins a relay for a connection in mode tcp. The relay is over already when no server takes it.
func (p *Pool) New(w *exchange.Worker, c *exchange.Client) *Relay {
	r := p.take(w.NewStream(c), connecting)
	r.Complete = w.Loop.Now()
	r.Up.Begin(framing.UntilClose, 0)
	r.Down.Begin(framing.UntilClose, 0)
	if r.Enter(c.Front.Back); !r.Choose(nil) {
		r.unserved(accesslog.ByServer)
	}
	return r
}

// Tunnel goes on with a stream whose server has been reached, and whose bytes nobody reads from now on.
func (p *Pool) Tunnel(st *exchange.Stream) *Relay { return p.take(st, relaying) }

func (p *Pool) take(st *exchange.Stream, at state) *Relay {
	r := p.free.Take()
	if r == nil {
		r = &Relay{Pool: p}
	}
	r.Stream, r.state, r.end = st, at, exchange.Running
	st.Relayed = true
	st.Touch()
	return r
}

// Close counts and logs the relay, and gives back all that it holds.
func (r *Relay) Close() { r.Detach().Close(0, nil) }

// Detach gives the relay back, but for its stream.
func (r *Relay) Detach() *exchange.Stream {
	st := r.Stream
	r.Stream = nil
	r.free.Put(r)
	return st
}

// Base is the relay's stream.
func (r *Relay) Base() *exchange.Stream { return r.Stream }

// Shrink lets go of relays that have not been needed since it was called last.
func (p *Pool) Shrink() { p.free.Shrink() }

// Step does everything that can be done without waiting.
func (r *Relay) Step() exchange.End {
	for {
		was := r.state
		switch r.state {
		case connecting:
			r.stepConnecting()
		case pausing:
			r.stepPausing()
		case relaying:
			r.stepRelaying()
		}
		if r.state == was || r.state == over {
			return r.end
		}
	}
}

// WantsClient says that bytes which come from the client now are of use.
func (r *Relay) WantsClient() bool {
	return r.state == connecting || r.state == relaying && r.Up.Copies()
}

// WantsServer is the same for the server.
func (r *Relay) WantsServer() bool { return r.state == relaying && r.Down.Copies() }

// AwaitsClient is always true: nobody knows which side acts next.
func (r *Relay) AwaitsClient() bool { return true }

// Incomplete is never true: a client of a relay that is stopped sees the end that there is.
func (r *Relay) Incomplete() bool { return false }
