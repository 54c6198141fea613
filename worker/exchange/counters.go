package exchange

import (
	"lbmaster/shared/counter"
	"lbmaster/shared/stats"
	"lbmaster/worker/accesslog"
)

// Event is something that is counted for a backend and its server.
type Event uint8

const (
	ConnectErrors Event = iota
	ResponseErrors
	Retries
	Redispatches
)

// Count adds one event of the stream's server.
func (st *Stream) Count(e Event) {
	if st.Back == nil {
		return
	}
	add(st.Back.Counters, e)
	if st.Server != nil {
		add(st.Server.Counters, e)
	}
}

func add(c *stats.Counters, e Event) {
	switch e {
	case ConnectErrors:
		c[counter.ConnectErrors].Add(1)
	case ResponseErrors:
		c[counter.ResponseErrors].Add(1)
	case Retries:
		c[counter.Retries].Add(1)
	case Redispatches:
		c[counter.Redispatches].Add(1)
	}
}

func addAbort(c *stats.Counters, why accesslog.Cause) {
	if why == accesslog.ByClient || why == accesslog.ClientTime {
		c[counter.ClientAborts].Add(1)
	} else {
		c[counter.ServerAborts].Add(1)
	}
}

// CountResponse counts a response that a server gave.
func (st *Stream) CountResponse(status int) {
	class(st.WorkerCounters, status)
	class(st.Client.Front.Counters, status)
	class(st.Back.Counters, status)
	class(st.Server.Counters, status)
	if st.Link.Reused {
		st.Server.Counters[counter.Reuses].Add(1)
	}
}

// CountPage counts an answer of the proxy's own.
func (st *Stream) CountPage(status int) {
	class(st.WorkerCounters, status)
	class(st.Client.Front.Counters, status)
	if st.Back != nil {
		class(st.Back.Counters, status)
	}
}

// countAbort counts a stream that ends early.
func (st *Stream) countAbort(why accesslog.Cause) {
	addAbort(st.Client.Front.Counters, why)
	if st.Server != nil {
		addAbort(st.Back.Counters, why)
		addAbort(st.Server.Counters, why)
	}
}

// class counts a response by the first digit of its status.
func class(c *stats.Counters, status int) {
	switch status / 100 {
	case 1:
		c[counter.Responses1xx].Add(1)
	case 2:
		c[counter.Responses2xx].Add(1)
	case 3:
		c[counter.Responses3xx].Add(1)
	case 4:
		c[counter.Responses4xx].Add(1)
	case 5:
		c[counter.Responses5xx].Add(1)
	default:
		c[counter.ResponsesOther].Add(1)
	}
}

// account adds the stream's bytes, as they passed on the client's side, to the counters. The request's head had so many.
func (st *Stream) account(head int) {
	in, out := uint64(st.Up.Seen)+uint64(head), uint64(st.Down.Took)
	bytes(st.WorkerCounters, in, out)
	bytes(st.Client.Front.Counters, in, out)
	if st.Server != nil {
		bytes(st.Back.Counters, in, out)
		bytes(st.Server.Counters, in, out)
		st.times(st.Back.Counters)
		st.times(st.Server.Counters)
	}
}

// times adds how long the stages of the stream took.
func (st *Stream) times(c *stats.Counters) {
	c[counter.ConnectTime].Add(uint64(max(0, between(st.Complete, st.Linked))))
	c[counter.ResponseTime].Add(uint64(max(0, between(st.Linked, st.Headed))))
	c[counter.TotalTime].Add(uint64(st.Loop.Now() - st.Began))
}

func bytes(c *stats.Counters, in, out uint64) {
	c[counter.BytesIn].Add(in)
	c[counter.BytesOut].Add(out)
}
