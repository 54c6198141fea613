package exchange

import (
	"golang.org/x/sys/unix"

	"lbmaster/shared/counter"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/upstream"
)

// turnaround is how long a stream waits at most before it tries a server again that refused it, in ms: it may be about
// to start.
const turnaround = 1000

// Enter makes b the stream's backend.
func (st *Stream) Enter(b *upstream.Backend) {
	b.Refresh()
	b.Counters[counter.Requests].Add(1)
	b.Gauges.Sessions.Add(1)
	st.Back, st.BackendName = b, b.Name
	st.Tries = b.Retries
}

// Choose gives the stream the server that is named, or else the one whose turn it is. It reports false when there is none.
func (st *Stream) Choose(named *upstream.Server) bool {
	if named == nil {
		if named = st.Back.Balanced(); named == nil {
			return false
		}
		st.Back.Counters[counter.Balanced].Add(1)
		named.Counters[counter.Balanced].Add(1)
	}
	st.Serve(named)
	return true
}

// Dial gives the stream a new connection to its server; with urgent, urgent data stays in its place in the stream. Dial returns whose fault
// it is when that fails at once.
func (st *Stream) Dial(urgent bool) (accesslog.Cause, bool) {
	port := uint16(0)
	if st.Server.Mapped {
		port = st.Client.FD.Name().Port()
	}
	c, e := st.Upstream.Dial(st.Server, port, urgent)
	if e != 0 {
		return blamed(e), false
	}
	st.Attach(c)
	return accesslog.Normally, true
}

// Attach makes c the stream's connection.
func (st *Stream) Attach(c *upstream.Conn) {
	c.User = st.Client.Session
	st.Link = c
	st.Touch()
	if c.Reused {
		st.Linked = st.Loop.Now()
	}
}

// PollLink begins to poll the server's connection.
func (st *Stream) PollLink() {
	if !st.Link.Registered {
		st.Link.Register(st.Loop)
	}
}

// Retry is how a stream goes on after its server could not be reached.
type Retry uint8

const (
	GiveUp Retry = iota
	AtOnce
	AfterPause // until PauseEnd
)

// ConnectFailed decides how the stream goes on after its server could not be reached: with the same server while tries are left, the last
// one being for another if the backend redispatches.
//
// A server that refuses is given some time. One that did not answer has had it.
func (st *Stream) ConnectFailed(why accesslog.Cause) Retry {
	if st.Tries == 0 {
		st.Count(ConnectErrors)
		return GiveUp
	}
	st.DropLink()
	st.Tries--
	st.Up.Sent = 0
	st.Count(Retries)
	if st.redispatch() || why == accesslog.ServerTime {
		return AtOnce
	}
	return AfterPause
}

// PauseEnd is when a server that has refused is tried again, in ms of the loop.
func (st *Stream) PauseEnd() int64 { return st.Since + min(st.Back.Connect, turnaround) }

// redispatch gives the stream another server, if this was the last try or the server is known to be down by now.
func (st *Stream) redispatch() bool {
	b := st.Back
	b.Refresh()
	if !b.Redispatch || st.Tries > 0 && st.Server.Up {
		return false
	}
	next := st.Client.Own.Server(st.Server)
	if next == nil {
		next = b.Another(st.Server)
	}
	if next == nil {
		return false
	}
	st.Count(Redispatches)
	b.Counters[counter.Balanced].Add(1)
	next.Counters[counter.Balanced].Add(1)
	st.Serve(next)
	st.Elsewhere, st.ByCookie = true, false
	if st.FromCookie == accesslog.CookieValid {
		st.FromCookie = accesslog.CookieDown
	}
	return true
}

// blamed is whose fault it is that a connection could not even be begun.
func blamed(e unix.Errno) accesslog.Cause {
	switch e {
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EADDRNOTAVAIL, unix.EADDRINUSE:
		return accesslog.NoResource
	}
	return accesslog.ByServer
}
