package proxy

import (
	"errors"
	"io"
	"time"

	"lbmaster/shared/control"
)

// transit is the connections that are on their way to the heir. They keep their places here until the heir has counted
// them: else there would seem to be room below maxconn meanwhile, and somebody else would get it.
type transit struct {
	fronts []*frontend // in the order in which they were sent
	asked  bool        // whether the heir confirms will be looked at
	quiet  bool        // it has not, since that was looked at
}

// confirmTime bounds the wait for an heir that confirms nothing: one of an older program, when somebody goes back to that.
const confirmTime = time.Second

// hold keeps the place of a connection that has been sent to the heir.
func (p *Proxy) hold(front *frontend) {
	p.gauges.Sessions.AddFirst(1)
	front.gauges.Sessions.AddFirst(1)
	p.heir.transit.fronts = append(p.heir.transit.fronts, front)
	p.awaitConfirmation()
}

// confirmed gives the places of the n connections back that were sent first.
func (p *Proxy) confirmed(n int) {
	t := &p.heir.transit
	n = min(n, len(t.fronts))
	for _, front := range t.fronts[:n] {
		p.release(front)
	}
	t.fronts = append(t.fronts[:0], t.fronts[n:]...)
	t.quiet = false
}

// onConfirmed takes what the heir says, or its end.
func (p *Proxy) onConfirmed() {
	for {
		n, err := control.Confirmed(p.heir.channel.Int())
		switch {
		case err == nil:
			p.confirmed(n)
		case errors.Is(err, io.EOF):
			p.loseHeir()
			return
		case errors.Is(err, control.ErrNotUnderstood):
			p.complain(err)
		default: // EAGAIN, or no memory: the places are given back later in any case
			return
		}
	}
}

// awaitConfirmation sees to it that the wait for the heir has an end.
func (p *Proxy) awaitConfirmation() {
	h := p.heir
	if h.transit.asked {
		return
	}
	h.transit.asked, h.transit.quiet = true, true
	p.After(confirmTime, func() {
		if p.heir != h {
			return
		}
		h.transit.asked = false
		if h.transit.quiet {
			p.confirmed(len(h.transit.fronts))
		}
		if len(h.transit.fronts) > 0 {
			p.awaitConfirmation()
		}
	})
}

// inTransit says that the heir has not counted all connections yet that it was sent.
func (p *Proxy) inTransit() bool { return p.heir != nil && len(p.heir.transit.fronts) > 0 }
