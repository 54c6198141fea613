package proxy

import (
	"net/netip"

	"lbmaster/conf"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
	"lbmaster/worker/loop"
	"lbmaster/worker/poll"
	"lbmaster/worker/sock"
	"lbmaster/worker/timer"
	"lbmaster/worker/upstream"
)

// session is the life of one client connection.
type session struct {
	p        *Proxy
	slot     uint32
	seq      uint32
	front    *frontend
	bind     int32 // of the frontend, on which the client came
	client   exchange.Client
	state    state
	exchange exchange.Exchange // nil but while exchanging and flushing
	since    int64             // ms: when something last moved, or when the state began
	expired  bool              // the time of the state is up; Run acts on it
	queues   sendQueues
	timer    timer.Timer
	task     loop.Task
}

// steps bounds the changes of state of one session in one loop turn, so that a pipelining client does not starve the
// others.
const steps = 16

// begin starts the life of a session.
func (p *Proxy) begin(fd sock.FD, front *frontend, bind int, peer netip.AddrPort) *session {
	s, slot := p.sessions.Take()
	// A session can end after it got another turn. That then passes to the next use.
	*s = session{p: p, slot: slot, seq: s.seq + 1, front: front, bind: int32(bind), task: s.task}
	s.task.Does(s)
	s.timer.Token = loop.TimerToken(p.kinds.client, slot)
	s.client = exchange.Client{Front: &front.Frontend, Peer: peer, Own: upstream.NewOwner(&s.task), Fresh: true, Session: s}
	s.client.Open(fd, loop.Token(p.kinds.client, slot, s.seq))
	s.become(idle)
	return s
}

// end is the end of a session, whatever it was doing.
func (s *session) end() {
	s.become(closed)
	s.endExchange()
	s.p.worker.Upstream.DropOwn(&s.client.Own)
	s.client.Close(s.p.worker.Pools)
	s.p.loop.Stop(&s.timer)
	s.p.release(s.front)
	s.seq++ // an event that is on its way already is stale now
	s.p.sessions.Put(s.slot)
}

// stop ends a session at once. Its client must not take the part of a response that it has got for the whole.
func (s *session) stop() {
	s.client.Resets = s.state == exchanging && s.exchange.Incomplete()
	s.end()
}

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

// Enqueue gives the session another turn.
func (s *session) Enqueue() { s.p.loop.Enqueue(&s.task) }

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

// endExchange counts and logs the exchange, if there is one.
func (s *session) endExchange() {
	if s.exchange != nil {
		s.exchange.Close()
		s.exchange = nil
	}
}

// logNull writes the line of a connection that ended before its first byte, with the status that it might have been
// answered.
func (s *session) logNull(why accesslog.Cause, code int) {
	l := s.front.Log
	if !l.Streams() || !l.Nulls() || !s.client.Fresh {
		return
	}
	r := s.p.worker.NewRecord(&s.client, s.since)
	r.Status = code
	r.Term = [4]byte{byte(why), byte(accesslog.InRequest), '-', '-'}
	l.Write(r)
}

// startSession lets a new session do what it can at once.
func (p *Proxy) startSession(s *session) {
	s.Enqueue()
	monitor := len(s.front.monitors) > 0 && s.front.monitored(s.client.Peer.Addr())
	switch {
	case monitor && s.front.mode == conf.ModeTCP:
		s.end()
		return
	case monitor || s.front.mode == conf.ModeHealth:
		s.assure()
		return
	}
	s.front.Counters.Sessions.Add(1)
	p.counters.Sessions.Add(1)
	if s.front.Log.Connections() {
		s.front.Log.WriteConnection(s.client.Peer, s.client.FD.Name())
	}
	s.client.Fill(p.worker.Pools)
	if s.front.mode == conf.ModeTCP {
		s.beginRelay()
	}
}
