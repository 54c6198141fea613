package proxy

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
	"lbmaster/worker/loop"
	"lbmaster/worker/poll"
	"lbmaster/worker/upstream"
)

// steps bounds the changes of state of one session in one loop turn, so that a pipelining client does not starve the
// others.
const steps = 16

// onClient takes an event of a client connection.
func (p *Proxy) onClient(t poll.Token, r poll.Ready) {
	s := p.sessions.At(t.Slot())
	if s == nil || s.seq != t.Seq() || s.state == closed {
		return
	}
	s.client.Note(r)
	if s.client.Empty() && (s.state == idle || s.state == exchanging && s.exchange.WantsClient()) {
		s.client.Fill(p.worker.Pools)
	}
	s.Enqueue()
}

// Heard takes what has come of the server, or where its connection stands.
func (s *session) Heard(c *upstream.Conn) {
	if c.Empty() && s.state == exchanging && s.exchange.WantsServer() {
		c.Fill(s.p.worker.Pools)
	}
	s.Enqueue()
}

// Run does everything that can be done without waiting.
func (s *session) Run() {
	if s.state == closed { // it has ended after it got another turn
		return
	}
	for range steps {
		was := s.state
		s.step()
		switch {
		case s.state == closed:
			return
		case s.state != was:
		case s.expired: // and nothing has come meanwhile
			if s.expire(); s.state == closed {
				return
			}
		default:
			s.rest()
			return
		}
	}
	s.Enqueue()
}

// step does the work of the state.
func (s *session) step() {
	switch s.state {
	case idle:
		s.stepIdle()
	case exchanging:
		s.settle(s.exchange.Step())
	case flushing:
		s.stepFlushing()
	case lingering:
		s.stepLingering()
	}
}

// rest prepares the session for waiting: for events, and for the time when it has waited too long.
func (s *session) rest() {
	if !s.client.Registered && (s.state != exchanging || s.exchange.AwaitsClient()) {
		s.client.Register(s.p.loop)
	}
	if at := s.deadline(); at < loop.Never && (!s.timer.Armed() || s.timer.At() > at) {
		s.p.loop.Set(&s.timer, at)
	}
}

// stepIdle waits for the first byte of a request.
func (s *session) stepIdle() {
	if s.client.Empty() {
		s.client.Fill(s.p.worker.Pools)
	}
	switch {
	case !s.client.Empty():
		s.exchange = s.p.http.New(s.p.worker, &s.client)
		s.become(exchanging)
	case s.client.Over():
		s.logNull(accesslog.ByClient, 400)
		s.end()
	case s.front.leaving:
		s.handOver()
	}
}

// beginRelay begins the one exchange of a connection in mode tcp.
func (s *session) beginRelay() {
	s.exchange = s.p.relay.New(s.p.worker, &s.client)
	s.become(exchanging)
}

// settle goes on after an exchange has come to that end.
func (s *session) settle(end exchange.End) {
	switch end {
	case exchange.Kept:
		s.endExchange()
		s.client.Fresh = false
		s.become(idle)
	case exchange.Concluded:
		s.conclude(false)
	case exchange.Answered:
		s.conclude(true)
	case exchange.Cut:
		s.becomeLingering()
	case exchange.Reset:
		s.flush()
	case exchange.Closed:
		s.end()
	case exchange.Tunnel:
		s.exchange = s.p.relay.Tunnel(s.exchange.Detach())
		s.settle(s.exchange.Step())
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
	case exchanging:
		s.settle(s.exchange.Expire())
	case flushing:
		s.look()
	case lingering:
		s.expireLingering()
	}
}
