package proxy

import (
	"golang.org/x/sys/unix"

	"lbmaster/worker/http1"
)

// A relay passes bytes both ways, unread: the whole of a connection in mode tcp, and an HTTP connection after it has
// become a tunnel. Each side's end is passed on when all its bytes have been, and a reset as a reset.

// beginRelay begins the one stream of a connection in mode tcp.
func (s *session) beginRelay() {
	s.stream = s.p.newRelay()
	s.stream.complete = s.p.loop.Now()
	s.stream.up.begin(http1.UntilClose, 0)
	s.stream.down.begin(http1.UntilClose, 0)
	s.become(connecting)
	if !s.choose() {
		s.unserved(byServer)
	}
}

// unserved ends a stream that no server takes.
func (s *session) unserved(why cause) {
	if s.stream.heads != nil {
		s.part(page503, why)
		return
	}
	s.blame(why)
	s.end()
}

// stepConnecting reaches the server. Nobody knows which side will speak first, so that the client's bytes are sent if there
// are any, and otherwise the poller tells when the server is there.
func (s *session) stepConnecting() {
	st := s.stream
	switch {
	case s.client.reset || s.client.recvErr != 0:
		s.abandon()
		return
	case st.link == nil && !s.connectAnew():
		return
	case st.link.heard && st.link.fd.Error() != 0:
		s.connectFailed(byServer)
		return
	case !st.link.heard && !s.client.empty() && !s.relay(&st.up, &s.client, &st.link.conn):
		return
	case st.link.heard || st.up.took > 0:
		s.becomeRelaying()
		return
	}
	if !st.link.registered {
		s.p.register(&st.link.conn)
	}
}

// abandon ends a stream whose client is gone before the server was reached, or seen to be.
func (s *session) abandon() {
	if st := s.stream; st.link != nil {
		st.link.resets = true
	}
	s.abort(byClient)
}

// becomeRelaying goes on with a server that has been reached.
func (s *session) becomeRelaying() {
	s.stream.linked = s.p.loop.Now()
	s.stream.answering = true
	s.become(relaying)
}

// stepRelaying passes on what has come.
func (s *session) stepRelaying() {
	st := s.stream
	if !s.relay(&st.up, &s.client, &st.link.conn) || !s.relay(&st.down, &st.link.conn, &s.client) {
		return
	}
	switch {
	case st.up.over() && st.down.over():
		s.sever()
		return
	case !st.link.registered:
		s.p.register(&st.link.conn)
	}
	s.heed(&s.client)
	s.heed(&st.link.conn)
}

// heed notices a reset of a peer that had finished sending before: no call will tell until something is sent to it.
func (s *session) heed(c *conn) {
	if c.reset && c.eof && c.sendErr == 0 {
		c.sendErr = unix.ECONNRESET
		s.p.loop.Enqueue(&s.task)
	}
}

// relay moves one direction of a relay. It reports false when the session is no longer in the state that it was in.
func (s *session) relay(f *flow, src, dst *conn) bool {
	if f.over() {
		return true
	}
	before, o := f.took, refused
	if dst.sendErr == 0 {
		o = f.carry(src, dst, s.p)
	}
	if f.took != before {
		s.since = s.p.loop.Now()
	}
	if f.out != nil && f.unsent() == 0 {
		f.drop(&s.p.pool)
	}
	switch o {
	case going:
		s.p.loop.Enqueue(&s.task)
	case finished:
		if other := s.against(f); !other.over() {
			dst.fd.ShutdownWrite()
		}
	case refused:
		return s.relayRefused(f, dst)
	case cut:
		s.countAbort(s.side(src))
		f.lost = true
		s.sever()
		return false
	}
	return true
}

// relayRefused goes on after dst has stopped taking bytes. What it said before is still to be received; then the other side
// learns how it ended.
func (s *session) relayRefused(f *flow, dst *conn) bool {
	if s.stream.linked < 0 {
		s.connectFailed(byServer)
		return false
	}
	s.countAbort(s.side(dst))
	f.lost = true
	dst.readable = true
	s.p.loop.Enqueue(&s.task)
	return true
}

// against is the other direction.
func (s *session) against(f *flow) *flow {
	if f == &s.stream.up {
		return &s.stream.down
	}
	return &s.stream.up
}

// side is who holds the other end of c.
func (s *session) side(c *conn) cause {
	if c == &s.client {
		return byClient
	}
	return byServer
}

// relayDeadline is when both sides have been idle for too long. One that has been reset keeps its peer only as long as that
// still takes what was sent before.
func (s *session) relayDeadline() int64 {
	st := s.stream
	idle := min(s.front.client, st.back.timeout)
	if st.up.lost || st.down.lost || s.client.reset || st.link.reset {
		idle = min(idle, stallTime)
	}
	return s.since + idle
}

// expireRelay ends a relay through which nothing has passed, and blames the side that has the shorter time.
func (s *session) expireRelay() {
	why := serverTime
	if s.front.client <= s.stream.back.timeout {
		why = clientTime
	}
	s.countAbort(why)
	s.sever()
}

// sever ends a relay. A side that has not got all of what the other one sent, or was cut itself, is told so by a reset.
func (s *session) sever() {
	st := s.stream
	lost := st.up.lost || st.down.lost
	st.link.resets = lost || !st.up.idle()
	s.client.resets = lost || !st.down.idle()
	s.flush()
}
