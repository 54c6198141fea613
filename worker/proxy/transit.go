package proxy

import (
	"time"
)

// transit is the connections that are on their way to the successor. Their reservations below maxconn stay here until the successor has
// counted them: else there would seem to be room meanwhile, and another client would get it.
type transit struct {
	fronts []*frontend // in the order in which they were sent
	asked  bool        // whether the successor confirms will be looked at
	quiet  bool        // it has not, since that was looked at
}

// confirmTime bounds the wait for a successor that confirms nothing: one of an older program, when an operator goes back to that.
const confirmTime = time.Second

// hold keeps the reservation of a connection that has been sent to the successor.
func (p *Proxy) hold(front *frontend) {
	p.gauges.Sessions.AddFirst(1)
	front.gauges.Sessions.AddFirst(1)
	p.successor.transit.fronts = append(p.successor.transit.fronts, front)
	p.awaitConfirmation()
}

// confirmed releases the reservations of the n connections that were sent first.
func (p *Proxy) confirmed(n int) {
	t := &p.successor.transit
	n = min(n, len(t.fronts))
	for _, front := range t.fronts[:n] {
		p.release(front)
	}
	t.fronts = append(t.fronts[:0], t.fronts[n:]...)
	t.quiet = false
}

// awaitConfirmation sees to it that the wait for the successor has an end.
func (p *Proxy) awaitConfirmation() {
	next := p.successor
	if next.transit.asked {
		return
	}
	next.transit.asked, next.transit.quiet = true, true
	p.loop.After(confirmTime, func() {
		if p.successor != next {
			return
		}
		next.transit.asked = false
		if next.transit.quiet {
			p.confirmed(len(next.transit.fronts))
		}
		if len(next.transit.fronts) > 0 {
			p.awaitConfirmation()
		}
	})
}

// inTransit says that the successor has not counted all connections yet that were sent to it.
func (p *Proxy) inTransit() bool { return p.successor != nil && len(p.successor.transit.fronts) > 0 }
