package proxy

import (
	"errors"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/worker/exchange"
	"lbmaster/worker/sock"
)

// successor is the worker of the next generation that gets the client connections of this worker when they are idle. Connections move
// as descriptors, with whatever the client sends meanwhile in the kernel's queue. Their clients notice nothing.
type successor struct {
	channel sock.FD
	places  [][]control.Place                // of each frontend and bind: where the successor has it
	exact   map[netip.AddrPort]control.Place // of the address that a client came to, if the bind has no place
	transit transit
	gone    bool // it takes nothing more
}

// successorPause is how long a worker waits for a successor that is behind, before the worker offers connections again.
const successorPause = 2 * time.Millisecond

// successorTime is how long a worker keeps idle connections for another successor when its own has left: when that one is replaced in
// its turn, the master names one to both.
const successorTime = time.Second

// awaitsSuccessor says that the master may still name a successor.
func (p *Proxy) awaitsSuccessor() bool {
	return p.successor != nil && p.successor.gone && p.successor.places == nil
}

// dropSuccessor closes the channel to the successor. Idle connections then end.
func (p *Proxy) dropSuccessor() {
	if p.successor != nil {
		p.loop.Unwatch(p.successor.channel.Int())
		p.successor.channel.Close()
		p.confirmed(len(p.successor.transit.fronts))
		p.successor = nil
	}
}

// loseSuccessor keeps what the successor has not got for another successor, for a while.
func (p *Proxy) loseSuccessor() {
	next := p.successor
	if next.gone {
		return
	}
	next.gone = true
	p.loop.Unwatch(next.channel.Int())
	p.confirmed(len(next.transit.fronts))
	p.loop.After(successorTime, func() {
		if p.successor == next {
			p.dropSuccessor()
			p.offerAll()
		}
	})
}

// Stays says where the client connection is after the request that runs.
func (s *session) Stays() exchange.Stay {
	switch {
	case !s.front.leaving:
		return exchange.Here
	case s.placeAtSuccessor() == control.NoPlace:
		return exchange.Nowhere
	}
	return exchange.Successor
}

// placeAtSuccessor is where the successor has the bind on which the session's client came.
func (s *session) placeAtSuccessor() control.Place {
	next := s.p.successor
	if next == nil || s.front.Number >= len(next.places) || int(s.bind) >= len(next.places[s.front.Number]) {
		return control.NoPlace
	}
	place := next.places[s.front.Number][s.bind]
	if place == control.NoPlace && len(next.exact) > 0 {
		if exact, ok := next.exact[s.client.FD.Name()]; ok {
			return exact
		}
	}
	return place
}

// handOver sends an idle client connection to the successor, or ends it when there is none and none to come. A client connection to
// which a connection to a server is bound stays for its next request: its server would not know it any more.
func (s *session) handOver() {
	to := s.placeAtSuccessor()
	switch {
	case s.p.awaitsSuccessor():
		return
	case to == control.NoPlace:
		s.end()
		return
	case s.p.successor.gone || s.client.Own.Bound():
		return
	}
	err := control.SendConnection(s.p.successor.channel.Int(), to, s.client.FD.Int())
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.ETOOMANYREFS):
		s.p.offerLater()
		return
	case err != nil:
		s.p.loseSuccessor()
		return
	}
	if s.client.Registered {
		s.p.loop.Unpoll(s.client.FD.Int()) // closing does not: the socket lives on
	}
	s.p.hold(s.front)
	s.end()
}

// offerLater offers idle connections again when the successor has had time to take some.
func (p *Proxy) offerLater() {
	if !p.offering {
		p.offering = true
		p.loop.After(successorPause, func() {
			p.offering = false
			p.offerAll()
		})
	}
}

// offerAll gives every idle session its turn.
func (p *Proxy) offerAll() {
	for _, s := range p.sessions.All() {
		if s.state == idle && s.front.leaving {
			p.loop.Enqueue(&s.task)
		}
	}
}
