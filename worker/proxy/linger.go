package proxy

import "lbmaster/worker/flow"

// Closing a socket with unread bytes makes the kernel send a reset, which may destroy the last answer before the client has read it
// (RFC 9112 section 9.6). So our side is ended first, and what the client still sends is discarded for a while.

const (
	lingerTime = 2000   // ms in which a client must send or take something
	lingerMost = 30_000 // ms in all
)

// conclude ends the client connection after its last answer: at once if the client has nothing more to say.
func (s *session) conclude(expectsMore bool) {
	if s.front.NoLinger {
		s.resetClient()
		return
	}
	if s.client.Over() || !expectsMore && !s.client.Readable && s.client.Empty() {
		s.end()
		return
	}
	s.becomeLingering()
}

// becomeLingering ends our side of the client connection.
func (s *session) becomeLingering() {
	if s.front.NoLinger && s.exchange != nil {
		s.resetClient()
		return
	}
	s.become(lingering)
	s.endExchange()
	if !s.client.Empty() {
		s.client.Consume(s.client.In.Len(), s.p.worker.Pools)
	}
	s.client.FD.ShutdownWrite()
	s.queues = sendQueues{unsent: s.client.FD.Unsent(), at: s.p.loop.Now() + lingerMost}
}

// resetClient ends the client connection, and resets it when the client has got all that was sent to it.
func (s *session) resetClient() {
	s.exchange.Base().DropLink() // the server is not needed any more
	s.letGo()
	s.flush()
}

// stepLingering discards what the client sends until it has ended its side.
func (s *session) stepLingering() {
	for range flow.Receives {
		if !s.client.Fill(s.p.worker.Pools) {
			return
		}
		if s.client.Over() {
			s.end()
			return
		}
		s.since = s.p.loop.Now()
		s.client.Consume(s.client.In.Len(), s.p.worker.Pools)
	}
	s.Enqueue()
}

// expireLingering ends the session, unless its client is still taking the answer.
func (s *session) expireLingering() {
	f, unsent := &s.queues, s.client.FD.Unsent()
	if unsent >= f.unsent || s.p.loop.Now() >= f.at {
		s.end()
		return
	}
	f.unsent, s.since = unsent, s.p.loop.Now()
}
