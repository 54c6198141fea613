package proxy

// maxconn holds over the sum of all workers, those of older generations too: each of them counts its own connections where
// all can see them.

// reserve counts one more connection of front, if the limits of the frontend and of the instance allow it.
//
// Two workers that reserve the last place at the same time both see one too many and both take theirs back; the one
// that looks last sees the room that this made, and tries again. So a place is never left empty while all give up.
func (p *Proxy) reserve(front *frontend) bool {
	for {
		p.gauges.Sessions.AddFirst(1)
		front.gauges.Sessions.AddFirst(1)
		if p.sessionsNow(workerRow) <= p.maxconn && p.sessionsNow(front.row) <= front.maxconn {
			return true
		}
		p.gauges.Sessions.AddFirst(-1)
		front.gauges.Sessions.AddFirst(-1)
		if p.sessionsNow(workerRow) >= p.maxconn || p.sessionsNow(front.row) >= front.maxconn {
			return false
		}
	}
}

// unreserve gives a connection's place back. If a limit was reached until now, a worker may be waiting for it.
func (p *Proxy) unreserve(front *frontend) {
	p.gauges.Sessions.AddFirst(-1)
	front.gauges.Sessions.AddFirst(-1)
	if p.sessionsNow(workerRow)+1 >= p.maxconn || p.sessionsNow(front.row)+1 >= front.maxconn {
		p.wakeAll()
	}
}

// release gives the place, and the descriptor, of a connection back.
func (p *Proxy) release(front *frontend) {
	p.unreserve(front)
	if p.starved {
		p.unblock()
	}
}
