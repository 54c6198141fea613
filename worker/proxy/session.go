package proxy

import (
	"net/netip"

	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
	"lbmaster/worker/loop"
	"lbmaster/worker/poll"
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

// begin starts the life of a session, whose client connection the caller opens.
func (p *Proxy) begin(front *frontend, bind int, peer netip.AddrPort) *session {
	s, slot := p.sessions.Take()
	// A session can end after it got another turn. That then passes to the next use.
	*s = session{p: p, slot: slot, seq: s.seq + 1, front: front, bind: int32(bind), task: s.task}
	s.task.Does(s)
	s.timer.Token = loop.TimerToken(p.kinds.client, slot)
	s.client = exchange.Client{Front: &front.Frontend, Peer: peer, Own: upstream.NewOwner(&s.task), Fresh: true, Session: s}
	s.become(idle)
	return s
}

// token names the session for the poller.
func (s *session) token() poll.Token { return loop.Token(s.p.kinds.client, s.slot, s.seq) }

// end is the end of a session, whatever it was doing.
func (s *session) end() {
	s.become(closed)
	s.endExchange()
	s.letGo()
	s.p.worker.Upstream.DropOwn(&s.client.Own)
	s.client.Close(s.p.worker.Pools)
	s.p.loop.Stop(&s.timer)
	s.p.release(s.front)
	s.seq++ // an event that is on its way already is stale now
	s.p.sessions.Put(s.slot)
}

// letGo lets nothing wait in the kernel for the client's end of the connection (nolinger). A client that is there sees an orderly end first.
func (s *session) letGo() {
	if s.front.NoLinger && !s.client.Resets {
		s.client.FD.ShutdownWrite()
		s.client.Resets = true
	}
}

// stop ends a session at once. Its client must not take the part of a response that it has got for the whole.
func (s *session) stop() {
	s.client.Resets = s.state == exchanging && s.exchange.Incomplete()
	s.end()
}

// Enqueue gives the session another turn.
func (s *session) Enqueue() { s.p.loop.Enqueue(&s.task) }

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
