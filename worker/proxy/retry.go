package proxy

import (
	"golang.org/x/sys/unix"

	"lbmaster/worker/accesslog"
)

// turnaround is how long a stream waits at most before it tries a server again that refused it, in ms: it may be about
// to start.
const turnaround = 1000

// connectFailed goes on after the server could not be reached: with the same server while tries are left, the last one
// being for another if the backend redispatches.
//
// A server that refuses is given some time. One that did not answer has had it.
func (s *session) connectFailed(why accesslog.Cause) {
	st := s.stream
	if st.tries == 0 {
		st.count(connectErrors)
		s.unserved(why)
		return
	}
	s.dropLink()
	st.tries--
	st.up.Sent, st.sent, st.unsendable = 0, false, false
	st.count(retries)
	if s.redispatch() || why == accesslog.ServerTime {
		s.p.loop.Enqueue(&s.task)
		return
	}
	s.become(pausing)
}

// redispatch gives the stream another server, if this was the last try or the server is known to be down by now.
func (s *session) redispatch() bool {
	st := s.stream
	b := st.back
	b.Refresh()
	if !b.Redispatch || st.tries > 0 && st.server.Up {
		return false
	}
	next := s.own.Server(st.server)
	if next == nil {
		next = b.Another(st.server)
	}
	if next == nil {
		return false
	}
	st.count(redispatches)
	b.Counters.Balanced.Add(1)
	next.Counters.Balanced.Add(1)
	st.serve(next)
	st.elsewhere, st.byCookie = true, false
	if st.fromCookie == accesslog.CookieValid {
		st.fromCookie = accesslog.CookieDown
	}
	return true
}

// stepPausing waits for the next try, unless the client is gone.
func (s *session) stepPausing() {
	if s.client.Reset || s.client.RecvErr != 0 {
		s.abort(accesslog.ByClient)
	}
}

// blamed is whose fault it is that a connection could not even be begun.
func blamed(e unix.Errno) accesslog.Cause {
	switch e {
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EADDRNOTAVAIL, unix.EADDRINUSE:
		return accesslog.NoResource
	}
	return accesslog.ByServer
}
