package proxy

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/loop"
	"lbmaster/worker/page"
)

// deadline is when the session has waited too long, in ms. It is derived from what is waited for, so that no timer
// needs to be stopped or moved while bytes flow.
func (s *session) deadline() int64 {
	switch s.state {
	case idle:
		if s.fresh {
			return s.since + s.front.request
		}
		return s.since + s.front.keepAlive
	case reading:
		return s.stream.began + s.front.request
	case serving:
		return s.servingDeadline()
	case pausing:
		return s.since + min(s.stream.back.Connect, turnaround)
	case connecting:
		return s.since + s.stream.back.Connect
	case relaying:
		return s.relayDeadline()
	case flushing:
		return s.queues.at
	case parting:
		return s.since + s.front.client
	}
	return min(s.since+lingerTime, s.queues.at) // lingering
}

// servingDeadline blames the side that has to act next.
func (s *session) servingDeadline() int64 {
	st := s.stream
	switch {
	case !st.connected():
		return s.since + st.back.Connect
	case st.waitsForClient():
		return s.since + s.front.client
	}
	return s.since + st.back.Timeout
}

// onTime takes the end of the session's timer. The deadline may have moved on since the timer was set.
func (p *Proxy) onTime(s *session) {
	if s.state == closed {
		return
	}
	switch at := s.deadline(); {
	case at <= p.loop.Now():
		s.expired = true
		p.loop.Enqueue(&s.task)
	case at < loop.Never:
		p.loop.Set(&s.timer, at)
	}
}

// expire acts on a wait that was too long.
func (s *session) expire() {
	s.expired = false
	if s.deadline() > s.p.loop.Now() { // something moved in the same turn
		return
	}
	switch s.state {
	case idle:
		s.logNull(accesslog.ClientTime, 408)
		s.end()
	case reading:
		s.front.counters.RequestErrors.Add(1)
		s.part(page.RequestTimeout, accesslog.ClientTime)
	case serving:
		s.expireServing()
	case pausing:
		s.become(s.trying())
	case connecting:
		s.connectFailed(accesslog.ServerTime)
	case relaying:
		s.expireRelay()
	case flushing:
		s.look()
	case lingering:
		s.expireLingering()
	default:
		s.end()
	}
}

// expireServing ends a stream whose client or server is too slow.
func (s *session) expireServing() {
	st := s.stream
	switch {
	case !st.connected():
		s.connectFailed(accesslog.ServerTime)
	case st.waitsForClient() && st.answering:
		s.client.Resets = st.endsWithConnection()
		s.abort(accesslog.ClientTime)
	case st.waitsForClient():
		s.countAbort(accesslog.ClientTime)
		s.part(page.RequestTimeout, accesslog.ClientTime)
	case st.answering:
		s.breakOff(accesslog.ServerTime)
	default:
		st.count(responseErrors)
		s.part(page.GatewayTimeout, accesslog.ServerTime)
	}
}
