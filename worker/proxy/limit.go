package proxy

import (
	"golang.org/x/sys/unix"

	"lbmaster/worker/exchange"
)

// maxconn holds over the sum of all workers, those of older generations too: each of them counts its own connections where
// all can see them.

// reserve counts one more connection of front, if the limits of the frontend and of the instance allow it.
//
// Two workers that reserve the last connection at the same time both see one too many, and both take theirs back. The worker that looks
// last sees the room that this made, and tries again. So no reservation is ever left free while all give up.
func (p *Proxy) reserve(front *frontend) bool {
	for {
		p.gauges.Sessions.AddFirst(1)
		front.gauges.Sessions.AddFirst(1)
		if p.sessionsNow(exchange.Row) <= p.maxconn && p.sessionsNow(front.Row) <= front.maxconn {
			return true
		}
		p.gauges.Sessions.AddFirst(-1)
		front.gauges.Sessions.AddFirst(-1)
		if p.sessionsNow(exchange.Row) >= p.maxconn || p.sessionsNow(front.Row) >= front.maxconn {
			return false
		}
	}
}

// unreserve releases a connection's reservation, and wakes the workers if one of them may be waiting for it.
//
// A worker that waits has seen a limit reached. Each worker may have released one reservation since then without having looked yet, and
// so may be in the middle of this at the same time. The first worker to look finds no more free reservations than there are workers, and
// has to wake the others: those that look after it may find any number.
func (p *Proxy) unreserve(front *frontend) {
	p.gauges.Sessions.AddFirst(-1)
	front.gauges.Sessions.AddFirst(-1)
	workers := int64(p.stats.Workers())
	if p.sessionsNow(exchange.Row)+workers >= p.maxconn || p.sessionsNow(front.Row)+workers >= front.maxconn {
		p.wakeAll()
	}
}

// release gives the reservation, and the descriptor, of a connection back.
func (p *Proxy) release(front *frontend) {
	p.unreserve(front)
	if p.starved {
		p.unblock()
	}
}

// wakeAll makes every worker, this one too, try to accept again. The eventfd is never read: each write is an event.
func (p *Proxy) wakeAll() {
	one := [8]byte{1}
	// EAGAIN would mean that the counter is full after 2^64-2 writes.
	_, _ = unix.Write(p.wake, one[:])
}
