package proxy

import (
	"net/netip"
	"time"

	"lbmaster/conf"
	"lbmaster/shared/stats"
	"lbmaster/worker/exchange"
	"lbmaster/worker/loop"
	"lbmaster/worker/page"
	"lbmaster/worker/upstream"
)

// frontend is what a worker needs of a conf.Frontend: what exchanges need, and what accepting does.
type frontend struct {
	exchange.Frontend
	mode       conf.Mode
	monitors   []netip.Prefix // clients that only want to see whether we are alive
	grace      int64          // ms that it goes on accepting after a soft stop
	leaving    bool           // it accepts nothing any more, and its sessions end after the request that runs
	healthHTTP bool           // mode health answers like an HTTP server
	keepAlive  bool           // the kernel looks whether silent clients are there
	maxconn    int64
	gauges     *stats.Gauges
}

func newFrontend(c *conf.Frontend, maxconn, number, slot int, back *upstream.Backend, st *stats.Stats) *frontend {
	row := 1 + number
	f := &frontend{
		Frontend: exchange.Frontend{
			Name: c.Name, Number: number, Row: row, Back: back, HTTPClose: c.HTTPClose, NoLinger: c.NoLinger, Forward: newForward(c, back),
			Pages: page.New(c.Errorfile), MaxHeader: c.HeaderLimit(), Counters: st.Counters(slot, row),
		},
		mode:       c.Mode,
		monitors:   c.MonitorNet,
		grace:      int64(c.Grace / time.Millisecond),
		healthHTTP: c.HealthHTTP,
		keepAlive:  c.KeepAlive,
		maxconn:    int64(maxconn),
		gauges:     st.Gauges(slot, row),
	}
	f.Client = loop.Millis(c.Timeout.Client)
	f.Request = orElse(loop.Millis(c.Timeout.HTTPRequest), f.Client)
	f.ClientFin = loop.Millis(c.Timeout.ClientFin)
	f.KeepAlive = orElse(loop.Millis(c.Timeout.HTTPKeepAlive), f.Request)
	if back != nil {
		f.HTTPClose = f.HTTPClose || back.HTTPClose
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
