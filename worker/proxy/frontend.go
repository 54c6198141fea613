package proxy

import (
	"time"

	"lbmaster/conf"
	"lbmaster/shared/stats"
)

// frontend is what a worker needs of a conf.Frontend.
type frontend struct {
	name      string
	row       int // of the counters
	back      *backend
	maxconn   int64
	client    int64 // timeouts in ms; never: none
	request   int64
	keepAlive int64
	counters  *stats.Counters
	gauges    *stats.Gauges
}

// never is a time in ms that does not come.
const never = int64(1) << 62

func newFrontend(c *conf.Frontend, row, slot int, back *backend, st *stats.Stats) *frontend {
	client := millis(c.Timeout.Client)
	request := orElse(millis(c.Timeout.HTTPRequest), client)
	return &frontend{
		name:      c.Name,
		row:       row,
		back:      back,
		maxconn:   int64(c.Maxconn),
		client:    client,
		request:   request,
		keepAlive: orElse(millis(c.Timeout.HTTPKeepAlive), request),
		counters:  st.Counters(slot, row),
		gauges:    st.Gauges(slot, row),
	}
}

// millis is d in ms, rounded up; never when d is 0.
func millis(d time.Duration) int64 {
	if d == 0 {
		return never
	}
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// orElse is timeout unless there is none.
func orElse(timeout, other int64) int64 {
	if timeout == never {
		return other
	}
	return timeout
}
