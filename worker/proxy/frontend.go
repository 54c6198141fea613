package proxy

import (
	"net/netip"
	"time"

	"lbmaster/conf"
	"lbmaster/shared/stats"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/loop"
	"lbmaster/worker/page"
	"lbmaster/worker/upstream"
)

// frontend is what a worker needs of a conf.Frontend.
type frontend struct {
	name       string
	number     int // in the configuration
	mode       conf.Mode
	row        int // of the counters
	back       *upstream.Backend
	httpClose  bool
	forward    bool           // servers are told who the client is
	monitors   []netip.Prefix // clients that only want to see whether we are alive
	grace      int64          // ms that it goes on accepting after a soft stop
	leaving    bool           // it accepts nothing any more, and its sessions end after the request that runs
	pages      *page.Set
	log        *accesslog.Log // nil: nothing is logged
	healthHTTP bool           // mode health answers like an HTTP server
	maxconn    int64
	maxHeader  int   // bytes that a head may have, of a request or a response
	client     int64 // timeouts in ms; never: none
	request    int64
	keepAlive  int64
	counters   *stats.Counters
	gauges     *stats.Gauges
}

func newFrontend(c *conf.Frontend, maxconn, number, slot int, back *upstream.Backend, st *stats.Stats) *frontend {
	row := 1 + number
	client := loop.Millis(c.Timeout.Client)
	request := orElse(loop.Millis(c.Timeout.HTTPRequest), client)
	f := &frontend{
		name:       c.Name,
		mode:       c.Mode,
		number:     number,
		row:        row,
		back:       back,
		httpClose:  c.HTTPClose,
		forward:    c.ForwardFor,
		monitors:   c.MonitorNet,
		grace:      int64(c.Grace / time.Millisecond),
		pages:      page.New(c.Errorfile),
		healthHTTP: c.HealthHTTP,
		maxconn:    int64(maxconn),
		maxHeader:  c.HeaderLimit(),
		client:     client,
		request:    request,
		keepAlive:  orElse(loop.Millis(c.Timeout.HTTPKeepAlive), request),
		counters:   st.Counters(slot, row),
		gauges:     st.Gauges(slot, row),
	}
	if back != nil {
		f.httpClose = f.httpClose || back.HTTPClose
		f.forward = f.forward || back.ForwardFor
	}
	return f
}

// monitored says whether connections from this address only want to see whether we are alive (guide section 2.2).
func (f *frontend) monitored(peer netip.Addr) bool {
	for _, net := range f.monitors {
		if net.Contains(peer) {
			return true
		}
	}
	return false
}

// orElse is timeout unless there is none.
func orElse(timeout, other int64) int64 {
	if timeout == loop.Never {
		return other
	}
	return timeout
}
