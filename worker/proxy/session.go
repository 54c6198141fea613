package proxy

import (
	"net/netip"

	"lbmaster/worker/accesslog"
	"lbmaster/worker/flow"
	"lbmaster/worker/loop"
	"lbmaster/worker/upstream"

	"lbmaster/worker/poll"
	"lbmaster/worker/sock"
	"lbmaster/worker/timer"
)

// session is the life of one client connection.
type session struct {
	p       *Proxy
	slot    uint32
	seq     uint32
	front   *frontend
	bind    int32 // of the frontend, on which the client came
	client  flow.Conn
	peer    netip.AddrPort // the client's; not valid on a unix socket
	state   state
	stream  *stream        // the request at work; nil while idle and lingering
	own     upstream.Owner // idle connections to servers that are bound to the client connection
	since   int64          // ms: when something last moved, or when the state began
	fresh   bool           // no request has been served yet
	expired bool           // the time of the state is up; Run acts on it
	queues  sendQueues
	timer   timer.Timer
	task    loop.Task
}

// steps bounds the changes of state of one session in one loop turn, so that a pipelining client does not starve the
// others.
const steps = 16

// begin starts the life of a session.
func (p *Proxy) begin(fd sock.FD, front *frontend, bind int, peer netip.AddrPort) *session {
	s, slot := p.sessions.Take()
	// A session can end after it got another turn. That then passes to the next use.
	*s = session{p: p, slot: slot, seq: s.seq + 1, front: front, bind: int32(bind), peer: peer, fresh: true, task: s.task}
	s.own = upstream.NewOwner(&s.task)
	s.task.Does(s)
	s.timer.Token = loop.TimerToken(p.kinds.client, slot)
	s.client.Open(fd, loop.Token(p.kinds.client, slot, s.seq))
	s.become(idle)
	return s
}

// end is the end of a session, whatever it was doing.
func (s *session) end() {
	s.become(closed)
	if s.stream != nil {
		s.endStream()
	}
	s.p.upstream.DropOwn(&s.own)
	s.client.Close(s.p.pools)
	s.p.loop.Stop(&s.timer)
	s.p.release(s.front)
	s.seq++ // an event that is on its way already is stale now
	s.p.sessions.Put(s.slot)
}

// onClient takes an event of a client connection.
func (p *Proxy) onClient(t poll.Token, r poll.Ready) {
	s := p.sessions.At(t.Slot())
	if s == nil || s.seq != t.Seq() || s.state == closed {
		return
	}
	s.client.Note(r)
	if s.client.Empty() && s.wantsRequest() {
		s.client.Fill(p.pools)
	}
	p.loop.Enqueue(&s.task)
}

// Heard takes what has come of the server, or where its connection stands.
func (s *session) Heard(c *upstream.Conn) {
	if c.Empty() && s.wantsResponse() {
		c.Fill(s.p.pools)
	}
	s.p.loop.Enqueue(&s.task)
}

// wantsRequest says that bytes of the client are of use now.
func (s *session) wantsRequest() bool {
	switch s.state {
	case idle, reading, connecting:
		return true
	case serving, relaying:
		return s.stream.up.Copies()
	}
	return false
}

// wantsResponse says that bytes of the server are of use now.
func (s *session) wantsResponse() bool {
	return s.state == serving && !s.stream.answering || (s.state == serving || s.state == relaying) && s.stream.down.Copies()
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
	s.p.loop.Enqueue(&s.task)
}

// step does the work of the state.
func (s *session) step() {
	switch s.state {
	case idle:
		s.stepIdle()
	case reading:
		s.stepReading()
	case serving:
		s.stepServing()
	case pausing:
		s.stepPausing()
	case connecting:
		s.stepConnecting()
	case relaying:
		s.stepRelaying()
	case flushing:
		s.stepFlushing()
	case parting:
		s.stepParting()
	case lingering:
		s.stepLingering()
	}
}

// trying is the state in which a server is being tried.
func (s *session) trying() state {
	if s.stream.heads == nil {
		return connecting
	}
	return serving
}

// rest prepares the session for waiting: for events, and for the time when it has waited too long.
func (s *session) rest() {
	if !s.client.Registered && s.awaitsClient() {
		s.p.register(&s.client)
	}
	if at := s.deadline(); at < loop.Never && (!s.timer.Armed() || s.timer.At() > at) {
		s.p.loop.Set(&s.timer, at)
	}
}

// awaitsClient says that the client must act before the session can go on. A session that only waits for its server is
// not registered yet: it may end without ever needing an event.
func (s *session) awaitsClient() bool {
	return s.state != serving || !s.stream.up.Done || !s.stream.down.Idle()
}

// stepIdle waits for the first byte of a request.
func (s *session) stepIdle() {
	if s.client.Empty() {
		s.client.Fill(s.p.pools)
	}
	switch {
	case !s.client.Empty():
		s.stream = s.p.newStream()
		s.become(reading)
	case s.client.Over():
		s.logNull(accesslog.ByClient, 400)
		s.end()
	case s.front.leaving:
		s.handOver()
	}
}
