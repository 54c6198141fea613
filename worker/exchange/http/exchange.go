// Package http is an exchange that speaks HTTP/1: one request and its response.
//
//	deadline          how long is waited for whom
//	exchange          what runs it
//	request           the request is read, and written anew
//	transfer          both directions, once there is a connection
//	response          the response's heads, and how it begins
//	interim, tunnel   heads before the last one; what follows is no HTTP any more
//	link              the server's connection: found, made, kept, lost
//	choice, affinity  the server that the client's cookie names, or that knows the client
//	head, rewrite     heads are written anew
//	forward           the server is told who the client is
//	fault             what was wrong with a message, and its answer
//	answer            the proxy's own answers
//	abort             ends before their time
//	state             where it is, and what may follow
package http

import (
	"lbmaster/worker/exchange"
	"lbmaster/worker/http1"
	"lbmaster/worker/logline"
	"lbmaster/worker/loop"
)

// Exchange is one request and its response. It is borrowed from a free list when the first byte of a request has come.
type Exchange struct {
	*exchange.Stream
	*Pool
	state    state
	delivery delivery     // of the request
	end      exchange.End // what follows when the exchange is over
	request  http1.Head
	response http1.Head
	fault    logline.Fault // of one of the two messages; without a text: none
	upgrade  bool          // the request asks for another protocol, and the server may agree
	keep     bool          // the client connection goes on after the response
	interim  uint8         // 1xx responses so far
}

// Pool is what the exchanges of a worker share. It belongs to the loop.
type Pool struct {
	free   loop.FreeList[Exchange]
	tidied []byte // the head of a response, for a tolerant backend
}

// New takes an exchange from the free list, for a client whose first byte has come.
func (p *Pool) New(w *exchange.Worker, c *exchange.Client) *Exchange {
	x := p.free.Take()
	if x == nil {
		x = &Exchange{Pool: p}
	}
	x.Stream = w.NewStream(c)
	x.state, x.delivery, x.end = reading, underway, exchange.Running
	x.request.Reset()
	x.response.Reset()
	x.fault = logline.Fault{}
	x.upgrade, x.keep, x.interim = false, false, 0
	return x
}

// Close counts and logs the exchange, and gives back all that it holds.
func (x *Exchange) Close() {
	size := x.request.Size
	x.Detach().Close(size, &x.fault)
}

// Detach gives the exchange back, but for its stream, which may go on as another exchange.
func (x *Exchange) Detach() *exchange.Stream {
	st := x.Stream
	x.Stream = nil
	x.free.Put(x)
	return st
}

// Base is the exchange as far as HTTP does not matter.
func (x *Exchange) Base() *exchange.Stream { return x.Stream }

// Shrink lets go of exchanges that have not been needed since it was called last.
func (p *Pool) Shrink() {
	p.tidied = nil
	p.free.Shrink()
}

// Exchanges is the number of exchanges in use and of those that are kept for later.
func (p *Pool) Exchanges() (used, idle int) { return p.free.Taken(), p.free.Idle() }

// Step does everything that can be done without waiting.
func (x *Exchange) Step() exchange.End {
	for {
		was := x.state
		x.step()
		if x.state == was || x.state == over {
			return x.end
		}
	}
}

// step does the work of the state.
func (x *Exchange) step() {
	if x.deserted() {
		x.desert()
		return
	}
	switch x.state {
	case reading:
		x.stepReading()
	case linking:
		x.stepLinking()
	case requesting, answering:
		x.transfer()
	case pausing:
		x.stepPausing()
	case parting:
		x.stepParting()
	}
}

// WantsClient says that bytes which come from the client now are of use.
func (x *Exchange) WantsClient() bool {
	switch x.state {
	case reading:
		return true
	case linking, requesting, answering:
		return x.Up.Copies()
	}
	return false
}

// WantsServer is the same for the server.
func (x *Exchange) WantsServer() bool {
	return x.state == requesting || x.state == answering && x.Down.Copies()
}

// AwaitsClient says that the client must act before the exchange can go on. A client whose server alone is waited for is not polled yet:
// its connection may end without ever needing an event.
func (x *Exchange) AwaitsClient() bool {
	return !x.serving() || !x.Up.Done || !x.Down.Idle() || x.Back.AbortOnClose
}

// Incomplete says that a client which sees only an orderly end now takes a part of the response for the whole.
func (x *Exchange) Incomplete() bool { return x.state == answering && x.endsWithConnection() }
