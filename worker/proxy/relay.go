package proxy

import (
	"golang.org/x/sys/unix"

	"lbmaster/worker/accesslog"
	"lbmaster/worker/flow"
	"lbmaster/worker/http1"
	"lbmaster/worker/page"
)

// A relay passes bytes both ways, unread: the whole of a connection in mode tcp, and an HTTP connection after it has
// become a tunnel. Each side's end is passed on when all its bytes have been, and a reset as a reset.

// beginRelay begins the one stream of a connection in mode tcp.
func (s *session) beginRelay() {
	s.stream = s.p.newRelay()
	s.stream.complete = s.p.loop.Now()
	s.stream.up.Begin(http1.UntilClose, 0)
	s.stream.down.Begin(http1.UntilClose, 0)
	s.become(connecting)
	if !s.choose() {
		s.unserved(accesslog.ByServer)
	}
}

// unserved ends a stream that no server takes.
func (s *session) unserved(why accesslog.Cause) {
	if s.stream.heads != nil {
		s.part(page.Unavailable, why)
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
	case s.client.Reset || s.client.RecvErr != 0:
		s.abandon()
		return
	case st.link == nil && !s.connectAnew():
		return
	case st.link.Heard && st.link.FD.Error() != 0:
		s.connectFailed(accesslog.ByServer)
		return
	case !st.link.Heard && !s.client.Empty() && !s.relay(&st.up, &s.client, &st.link.Conn):
		return
	case st.link.Heard || st.up.Took > 0:
		s.becomeRelaying()
		return
	}
	if !st.link.Registered {
		s.p.register(&st.link.Conn)
	}
}

// abandon ends a stream whose client is gone before the server was reached, or seen to be.
func (s *session) abandon() {
	if st := s.stream; st.link != nil {
		st.link.Resets = true
	}
	s.abort(accesslog.ByClient)
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
	if !s.relay(&st.up, &s.client, &st.link.Conn) || !s.relay(&st.down, &st.link.Conn, &s.client) {
		return
	}
	switch {
	case st.up.Over() && st.down.Over():
		s.sever()
		return
	case !st.link.Registered:
		s.p.register(&st.link.Conn)
	}
	s.heed(&s.client)
	s.heed(&st.link.Conn)
}

// heed notices a reset of a peer that had finished sending before: no call will tell until something is sent to it.
func (s *session) heed(c *flow.Conn) {
	if c.Reset && c.EOF && c.SendErr == 0 {
		c.SendErr = unix.ECONNRESET
		s.p.loop.Enqueue(&s.task)
	}
}

// relay moves one direction of a relay. It reports false when the session is no longer in the state that it was in.
func (s *session) relay(f *flow.Flow, src, dst *flow.Conn) bool {
	if f.Over() {
		return true
	}
	before, o := f.Took, flow.Refused
	if dst.SendErr == 0 {
		o = f.Carry(src, dst, s.p.pools)
	}
	if f.Took != before {
		s.since = s.p.loop.Now()
	}
	if f.Out != nil && f.Unsent() == 0 {
		f.Drop(s.p.pools)
	}
	switch o {
	case flow.Going:
		s.p.loop.Enqueue(&s.task)
	case flow.Finished:
		if other := s.against(f); !other.Over() {
			dst.FD.ShutdownWrite()
		}
	case flow.Refused:
		return s.relayRefused(f, dst)
	case flow.Cut:
		s.countAbort(s.side(src))
		f.Lost = true
		s.sever()
		return false
	}
	return true
}

// relayRefused goes on after dst has stopped taking bytes. What it said before is still to be received; then the other side
// learns how it ended.
func (s *session) relayRefused(f *flow.Flow, dst *flow.Conn) bool {
	if s.stream.linked < 0 {
		s.connectFailed(accesslog.ByServer)
		return false
	}
	s.countAbort(s.side(dst))
	f.Lost = true
	dst.Readable = true
	s.p.loop.Enqueue(&s.task)
	return true
}

// against is the other direction.
func (s *session) against(f *flow.Flow) *flow.Flow {
	if f == &s.stream.up {
		return &s.stream.down
	}
	return &s.stream.up
}

// side is who holds the other end of c.
func (s *session) side(c *flow.Conn) accesslog.Cause {
	if c == &s.client {
		return accesslog.ByClient
	}
	return accesslog.ByServer
}

// relayDeadline is when both sides have been idle for too long. One that has been reset keeps its peer only as long as that
// still takes what was sent before.
func (s *session) relayDeadline() int64 {
	st := s.stream
	idle := min(s.front.client, st.back.Timeout)
	if st.up.Lost || st.down.Lost || s.client.Reset || st.link.Reset {
		idle = min(idle, stallTime)
	}
	return s.since + idle
}

// expireRelay ends a relay through which nothing has passed, and blames the side that has the shorter time.
func (s *session) expireRelay() {
	why := accesslog.ServerTime
	if s.front.client <= s.stream.back.Timeout {
		why = accesslog.ClientTime
	}
	s.countAbort(why)
	s.sever()
}

// sever ends a relay. A side that has not got all of what the other one sent, or was cut itself, is told so by a reset.
func (s *session) sever() {
	st := s.stream
	lost := st.up.Lost || st.down.Lost
	st.link.Resets = lost || !st.up.Idle()
	s.client.Resets = lost || !st.down.Idle()
	s.flush()
}
