package proxy

import (
	"lbmaster/worker/loop"
)

// deadline is when the session has waited too long, in ms. It is derived from what is waited for, so that no timer
// needs to be stopped or moved while bytes flow.
func (s *session) deadline() int64 {
	switch s.state {
	case idle:
		if s.client.Fresh {
			return s.since + s.front.Request
		}
		return s.since + s.front.KeepAlive
	case exchanging:
		return s.exchange.Deadline()
	case flushing:
		return s.queues.at
	}
	return min(s.since+lingerTime, s.queues.at) // lingering
}

// onTime takes the end of the session's timer. The deadline may have moved on since the timer was set.
func (p *Proxy) onTime(s *session) {
	if s.state == closed {
		return
	}
	switch at := s.deadline(); {
	case at <= p.loop.Now():
		s.expired = true
		s.Enqueue()
	case at < loop.Never:
		p.loop.Set(&s.timer, at)
	}
}
