package proxy

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
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

// crowdedTime is how long connections that have been handed over wait for room before it is looked for again.
const crowdedTime = 10 * time.Millisecond

// successorTime is how long a worker keeps idle connections for another successor when its own has left: when that one is replaced in
// its turn, the master names one to both.
const successorTime = time.Second

// HandOver drains without a grace, and hands idle connections over: the next generation accepts on the same sockets. HandOver takes
// ownership of the channel to the successor. A second call names another successor.
func (p *Proxy) HandOver(channel int, places [][]control.Place, exact map[netip.AddrPort]control.Place) {
	p.dropSuccessor()
	p.successor = &successor{channel: sock.Own(channel), places: places, exact: exact}
	if err := p.loop.Watch(channel, p.onConfirmed); err != nil {
		p.report(err.Error()) // the reservations are released later
	}
	p.giveWay()
}

// AwaitSuccessor drains as HandOver does, before the channel to the successor has come: idle connections wait for that.
func (p *Proxy) AwaitSuccessor() {
	if p.successor == nil {
		p.successor = &successor{}
		p.loseSuccessor()
	}
	p.giveWay()
}

// awaitsSuccessor says that the master may still name a successor.
func (p *Proxy) awaitsSuccessor() bool {
	return p.successor != nil && p.successor.gone && p.successor.places == nil
}

// giveWay stops accepting, since the next generation accepts, and offers idle connections to the successor.
func (p *Proxy) giveWay() {
	if p.mode == draining {
		p.offerAll()
		return
	}
	accepting := p.mode == active
	p.change(draining)
	for _, f := range p.frontends {
		if f != nil {
			p.leave(f, accepting)
		}
	}
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

// AddPredecessor takes the connections that come through the channel of a predecessor until that closes its end. The proxy owns the
// channel from then on.
func (p *Proxy) AddPredecessor(channel int) error {
	kind, err := unix.GetsockoptInt(channel, unix.SOL_SOCKET, unix.SO_TYPE)
	if err == nil && kind != unix.SOCK_SEQPACKET {
		err = unix.EPROTOTYPE
	}
	if err = errors.Join(err, unix.SetNonblock(channel, true)); err != nil {
		unix.Close(channel)
		return fmt.Errorf("descriptor %d is no channel for connections: %w", channel, err)
	}
	p.channels = append(p.channels, channel)
	p.listenTo(channel)
	return nil
}

// drainChannels takes what may still be in the channels of predecessors, when this process has drained itself, and lets nothing more
// in: a predecessor that sends learns that it has no successor any more. drainChannels reports whether there was anything.
func (p *Proxy) drainChannels() bool {
	for _, channel := range slices.Clone(p.channels) {
		// What has been sent can still be received (unix(7)); then comes the end.
		_ = unix.Shutdown(channel, unix.SHUT_RD)
		p.receive(channel)
	}
	return p.sessions.Used() > 0 || p.crowded
}

// receive takes the connections that have come, and says whether it has taken all. What there is no room for stays in the
// channel, with what its client sends, until there is.
func (p *Proxy) receive(channel int) bool {
	for n := 0; ; {
		if !roomForClient() && !p.worker.Upstream.DropIdle() {
			p.confirm(channel, n)
			p.receiveLater(channel)
			return false
		}
		place, fd, err := control.RecvConnection(channel)
		switch {
		case err == nil:
			n++
			p.beginReceived(place.Shard(), sock.Own(fd))
		case errors.Is(err, unix.EAGAIN):
			p.confirm(channel, n)
			return true
		case errors.Is(err, io.EOF):
			p.closeChannel(channel)
			return true
		case errors.Is(err, control.ErrNotUnderstood), errors.Is(err, control.ErrNoRoom):
			p.complain(err)
		default: // no memory
			p.complain(fmt.Errorf("cannot receive connections that are handed over: %w", err))
			p.confirm(channel, n)
			p.receiveLater(channel)
			return false
		}
	}
}

func (p *Proxy) closeChannel(channel int) {
	p.loop.Unwatch(channel)
	p.channels = slices.DeleteFunc(p.channels, func(c int) bool { return c == channel })
	unix.Close(channel)
}

// confirm tells a predecessor that n of its connections are counted here. A predecessor that is not told releases their reservations by
// itself.
func (p *Proxy) confirm(channel, n int) {
	if err := control.Confirm(channel, n); err != nil && !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.EAGAIN) {
		p.complain(fmt.Errorf("cannot confirm connections that were handed over: %w", err))
	}
}

// receiveLater turns away from a channel until there may be room. Nobody else is accepted before.
func (p *Proxy) receiveLater(channel int) {
	p.loop.Unwatch(channel)
	p.crowded = true
	if p.retrying {
		return
	}
	p.retrying = true
	p.loop.After(crowdedTime, func() {
		p.retrying = false
		if p.crowded {
			p.receiveAll()
		}
	})
}

// receiveAll tries all channels again, and says whether nothing waits there any more.
func (p *Proxy) receiveAll() bool {
	p.crowded = false
	for _, channel := range slices.Clone(p.channels) {
		p.loop.Unwatch(channel)
		if p.receive(channel) && slices.Contains(p.channels, channel) {
			p.listenTo(channel)
		}
	}
	return !p.crowded
}

// listenTo waits for connections to come through a channel.
func (p *Proxy) listenTo(channel int) {
	if err := p.loop.Watch(channel, func() { p.receive(channel) }); err != nil {
		p.complain(err)
		p.receiveLater(channel)
	}
}

// beginReceived goes on with the client connection of a predecessor. That has accepted and counted it: here only the gauges of open
// connections count it.
func (p *Proxy) beginReceived(at control.Shard, fd sock.FD) {
	if at.Frontend >= len(p.frontends) || p.frontends[at.Frontend] == nil || p.frontends[at.Frontend].mode != conf.ModeHTTP {
		fd.Close()
		return
	}
	f := p.frontends[at.Frontend]
	p.gauges.Sessions.AddFirst(1)
	f.gauges.Sessions.AddFirst(1)
	s := p.begin(fd, f, at.Bind, fd.Peer())
	s.client.Fresh = false
	s.client.Fill(p.worker.Pools)
	p.loop.Enqueue(&s.task)
}
