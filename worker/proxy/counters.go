package proxy

import (
	"lbmaster/shared/stats"
	"lbmaster/worker/accesslog"
)

// event is something that is counted for a backend and its server.
type event uint8

const (
	connectErrors event = iota
	responseErrors
	retries
	redispatches
)

// count adds one event of the stream's server.
func (st *stream) count(e event) {
	if st.back == nil {
		return
	}
	add(st.back.Counters, e)
	if st.server != nil {
		add(st.server.Counters, e)
	}
}

func add(c *stats.Counters, e event) {
	switch e {
	case connectErrors:
		c.ConnectErrors.Add(1)
	case responseErrors:
		c.ResponseErrors.Add(1)
	case retries:
		c.Retries.Add(1)
	case redispatches:
		c.Redispatches.Add(1)
	}
}

func addAbort(c *stats.Counters, why accesslog.Cause) {
	if why == accesslog.ByClient || why == accesslog.ClientTime {
		c.ClientAborts.Add(1)
	} else {
		c.ServerAborts.Add(1)
	}
}

// countResponse counts a response that a server gave.
func (s *session) countResponse() {
	st := s.stream
	class(s.p.counters, st.response.Status)
	class(s.front.counters, st.response.Status)
	class(st.back.Counters, st.response.Status)
	class(st.server.Counters, st.response.Status)
	if st.link.Reused {
		st.server.Counters.Reuses.Add(1)
	}
}

// countPage counts an answer of the proxy's own.
func (s *session) countPage(status int) {
	class(s.p.counters, status)
	class(s.front.counters, status)
	if st := s.stream; st.back != nil {
		class(st.back.Counters, status)
	}
}

// class counts a response by the first digit of its status.
func class(c *stats.Counters, status int) {
	switch status / 100 {
	case 1:
		c.Responses1xx.Add(1)
	case 2:
		c.Responses2xx.Add(1)
	case 3:
		c.Responses3xx.Add(1)
	case 4:
		c.Responses4xx.Add(1)
	case 5:
		c.Responses5xx.Add(1)
	default:
		c.ResponsesOther.Add(1)
	}
}

// account adds the stream's bytes, as they passed on the client's side, to the counters.
func (s *session) account() {
	st := s.stream
	in, out := uint64(st.up.Seen), uint64(st.down.Took)
	if st.heads != nil {
		in += uint64(st.request.Size)
	}
	bytes(s.p.counters, in, out)
	bytes(s.front.counters, in, out)
	if st.server != nil {
		bytes(st.back.Counters, in, out)
		bytes(st.server.Counters, in, out)
		st.times(st.back.Counters, s.p.loop.Now())
		st.times(st.server.Counters, s.p.loop.Now())
	}
}

// times adds how long the stages of the stream took.
func (st *stream) times(c *stats.Counters, now int64) {
	c.ConnectTime.Add(uint64(max(0, between(st.complete, st.linked))))
	c.ResponseTime.Add(uint64(max(0, between(st.linked, st.headed))))
	c.TotalTime.Add(uint64(now - st.began))
}

func bytes(c *stats.Counters, in, out uint64) {
	c.BytesIn.Add(in)
	c.BytesOut.Add(out)
}
