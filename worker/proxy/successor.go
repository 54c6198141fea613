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
	"lbmaster/worker/sock"
)

// heir is the worker of the next generation that gets the client connections of this one when they are idle. They move as
// descriptors, with whatever the client sends meanwhile in the kernel's queue, and their clients notice nothing.
type heir struct {
	channel sock.FD
	places  [][]control.Place                // of each frontend and bind: where the heir has it
	exact   map[netip.AddrPort]control.Place // of the address that a client came to, if the bind has no place
	transit transit
	gone    bool // it takes nothing more
}

// heirPause is how long a worker waits for an heir that is behind, before it offers connections again.
const heirPause = 2 * time.Millisecond

// crowdedTime is how long connections that have been handed over wait for room before it is looked for again.
const crowdedTime = 10 * time.Millisecond

// interregnum is how long idle connections are kept for another heir when this one has left: when it is replaced in its turn,
// the master names one to both.
const interregnum = time.Second

// Succeed drains without a grace: the next generation accepts on the same sockets. It takes ownership of the channel to
// the heir. Once more, it names another one.
func (p *Proxy) Succeed(channel int, places [][]control.Place, exact map[netip.AddrPort]control.Place) {
	p.disinherit()
	p.heir = &heir{channel: sock.Own(channel), places: places, exact: exact}
	if err := p.Watch(channel, p.onConfirmed); err != nil {
		p.report(err.Error()) // their places are given back later
	}
	p.giveWay()
}

// AwaitHeir drains as Succeed does, before the channel to the heir has come: idle connections wait for it.
func (p *Proxy) AwaitHeir() {
	if p.heir == nil {
		p.heir = &heir{}
		p.loseHeir()
	}
	p.giveWay()
}

// awaitsHeir says that the heir may still be named.
func (p *Proxy) awaitsHeir() bool { return p.heir != nil && p.heir.gone && p.heir.places == nil }

// giveWay stops accepting, since somebody else does, and offers idle connections to the heir.
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

// disinherit lets go of the heir. Idle connections then end.
func (p *Proxy) disinherit() {
	if p.heir != nil {
		p.Unwatch(p.heir.channel.Int())
		p.heir.channel.Close()
		p.confirmed(len(p.heir.transit.fronts))
		p.heir = nil
	}
}

// loseHeir keeps what the heir has not got for another one, for a while.
func (p *Proxy) loseHeir() {
	h := p.heir
	if h.gone {
		return
	}
	h.gone = true
	p.Unwatch(h.channel.Int())
	p.confirmed(len(h.transit.fronts))
	p.After(interregnum, func() {
		if p.heir == h {
			p.disinherit()
			p.offerAll()
		}
	})
}

// heir is where the heir has the bind on which the session's client came.
func (s *session) heir() control.Place {
	h := s.p.heir
	if h == nil || s.front.number >= len(h.places) || int(s.bind) >= len(h.places[s.front.number]) {
		return control.NoPlace
	}
	place := h.places[s.front.number][s.bind]
	if place == control.NoPlace && len(h.exact) > 0 {
		if exact, ok := h.exact[s.client.fd.Name()]; ok {
			return exact
		}
	}
	return place
}

// bequeath gives an idle client connection to the heir, or ends it when there is none and none to come. One to which a connection
// to a server is bound stays for its next request: its server would not know it any more.
func (s *session) bequeath() {
	to := s.heir()
	switch {
	case s.p.awaitsHeir():
		return
	case to == control.NoPlace:
		s.end()
		return
	case s.p.heir.gone || s.bound():
		return
	}
	err := control.SendConnection(s.p.heir.channel.Int(), to, s.client.fd.Int())
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.ETOOMANYREFS):
		s.p.offerLater()
		return
	case err != nil:
		s.p.loseHeir()
		return
	}
	if s.client.registered {
		s.p.poller.Remove(s.client.fd.Int()) // closing does not: the socket lives on
	}
	s.p.hold(s.front)
	s.end()
}

// offerLater offers idle connections again when the heir has had time to take some.
func (p *Proxy) offerLater() {
	if !p.offering {
		p.offering = true
		p.After(heirPause, func() {
			p.offering = false
			p.offerAll()
		})
	}
}

// offerAll gives every idle session its turn.
func (p *Proxy) offerAll() {
	for _, s := range p.sessions.all {
		if s.state == idle && s.front.leaving {
			p.enqueue(s)
		}
	}
}

// Inherit takes the connections that come through a channel, which it owns from then on, until its other end is closed.
func (p *Proxy) Inherit(channel int) error {
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

// lastWill takes what may still be in the channels, when this process has drained itself, and lets nothing more in: whoever
// sends learns that it has no heir any more. It reports whether there was anything.
func (p *Proxy) lastWill() bool {
	for _, channel := range slices.Clone(p.channels) {
		// What has been sent can still be received (unix(7)); then comes the end.
		_ = unix.Shutdown(channel, unix.SHUT_RD)
		p.receive(channel)
	}
	return p.sessions.used() > 0 || p.crowded
}

// receive takes the connections that have come, and says whether it has taken all. What there is no room for stays in the
// channel, with what its client sends, until there is.
func (p *Proxy) receive(channel int) bool {
	for n := 0; ; {
		if !roomForClient() && !p.dropIdle() {
			p.confirm(channel, n)
			p.receiveLater(channel)
			return false
		}
		place, fd, err := control.RecvConnection(channel)
		switch {
		case err == nil:
			n++
			p.adopt(place.Shard(), sock.Own(fd))
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
	p.Unwatch(channel)
	p.channels = slices.DeleteFunc(p.channels, func(c int) bool { return c == channel })
	unix.Close(channel)
}

// confirm tells who has sent them that n connections are counted here. Whoever is not told gives their places back by himself.
func (p *Proxy) confirm(channel, n int) {
	if err := control.Confirm(channel, n); err != nil && !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.EAGAIN) {
		p.complain(fmt.Errorf("cannot confirm connections that were handed over: %w", err))
	}
}

// receiveLater turns away from a channel until there may be room. Nobody else is accepted before.
func (p *Proxy) receiveLater(channel int) {
	p.Unwatch(channel)
	p.crowded = true
	if p.retrying {
		return
	}
	p.retrying = true
	p.After(crowdedTime, func() {
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
		p.Unwatch(channel)
		if p.receive(channel) && slices.Contains(p.channels, channel) {
			p.listenTo(channel)
		}
	}
	return !p.crowded
}

// listenTo waits for connections to come through a channel.
func (p *Proxy) listenTo(channel int) {
	if err := p.Watch(channel, func() { p.receive(channel) }); err != nil {
		p.complain(err)
		p.receiveLater(channel)
	}
}

// adopt goes on with a client's connection. It was accepted by another process, and counted there: here it only takes its
// place among the connections that are open.
func (p *Proxy) adopt(at control.Shard, fd sock.FD) {
	if at.Frontend >= len(p.frontends) || p.frontends[at.Frontend] == nil || p.frontends[at.Frontend].mode != conf.ModeHTTP {
		fd.Close()
		return
	}
	f := p.frontends[at.Frontend]
	p.gauges.Sessions.AddFirst(1)
	f.gauges.Sessions.AddFirst(1)
	s := p.begin(fd, f, at.Bind, fd.Peer())
	s.fresh = false
	s.client.fill(&p.pool)
	p.enqueue(s)
}
