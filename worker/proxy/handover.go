package proxy

import (
	"errors"
	"io"
	"net/netip"

	"lbmaster/shared/control"
	"lbmaster/worker/sock"
)

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

// onConfirmed takes what the successor says, or its end.
func (p *Proxy) onConfirmed() {
	for {
		n, err := control.Confirmed(p.successor.channel.Int())
		switch {
		case err == nil:
			p.confirmed(n)
		case errors.Is(err, io.EOF):
			p.loseSuccessor()
			return
		case errors.Is(err, control.ErrNotUnderstood):
			p.complain(err)
		default: // EAGAIN, or no memory: the reservations are released later in any case
			return
		}
	}
}
