package monitor

import (
	"time"

	"lbmaster/shared/counter"
	"lbmaster/worker/monitor/tally"
)

// sampleTime is how often the numbers are looked at. Rates and maxima are as exact as that.
const sampleTime = time.Second

// row is one row of what is told, and what is only known from watching it.
type row struct {
	kind     tally.Kind
	stat     int // the row of the counters
	front    int // of a Frontend: its place in the configuration
	back     *backend
	target   *target
	id       int // of the proxy
	serverID int

	now      tally.Counts
	rates    tally.Rates
	sampled  time.Time // when now and the rates were taken
	sessions int64
	max      int64
	used     time.Time // when a session or request was last seen
	cleared  tally.Counts
	window   window
}

// counts are the counters of a row over all workers, as plain values.
func (m *monitor) counts(stat int) (c tally.Counts) {
	m.counters.Totals(stat, (*[counter.Count]uint64)(&c))
	return c
}

// read takes the numbers of a row as they are now.
func (m *monitor) read(r *row, now time.Time) {
	before := r.now
	r.now = m.counts(r.stat)
	if r.back != nil {
		// A session of a backend or server is a stream: in HTTP a request, else what the balance has been asked for.
		r.now[counter.Sessions] = max(r.now[counter.Sessions], r.now[counter.Requests], r.now[counter.Balanced])
	}
	if !r.sampled.IsZero() && (r.now[counter.Sessions] != before[counter.Sessions] || r.now[counter.Requests] != before[counter.Requests]) {
		r.used = now
	}
	r.sessions = m.counters.SessionsNow(r.stat)
	r.max = max(r.max, r.sessions)
}

// sample takes the numbers of all rows, and the rates since the last time.
func (m *monitor) sample(now time.Time) {
	if m.stderr != nil {
		m.countLost()
	}
	m.sampleRow(&m.whole, now)
	for i := range m.rows {
		m.sampleRow(&m.rows[i], now)
	}
}

func (m *monitor) sampleRow(r *row, now time.Time) {
	before, since := r.window.last, now.Sub(r.sampled)
	m.read(r, now)
	if !r.sampled.IsZero() && since > 0 {
		r.rates.Sessions = perSecond(r.now[counter.Sessions]-before[counter.Sessions], since)
		r.rates.Requests = perSecond(r.now[counter.Requests]-before[counter.Requests], since)
		r.rates.SessionsMax = max(r.rates.SessionsMax, r.rates.Sessions)
		r.rates.RequestsMax = max(r.rates.RequestsMax, r.rates.Requests)
	}
	r.sampled = now
	r.window.add(r.now)
}

// perSecond is the rate of n events, rounded.
func perSecond(n uint64, in time.Duration) uint64 {
	return uint64(float64(n)/in.Seconds() + 0.5)
}

// window is a stretch of the past that has had so many requests that an average means something.
type window struct {
	last     tally.Counts // at the last sample
	old, mid tally.Counts // at least windowSize requests lie between each of them and the next
}

// windowSize is half the number of requests over which times are averaged, at least.
const windowSize = 512

func (w *window) add(c tally.Counts) {
	w.last = c
	if c[counter.Requests]-w.mid[counter.Requests] >= windowSize {
		w.old, w.mid = w.mid, c
	}
}

// averages are those of the window up to now.
func (w *window) averages(now tally.Counts) tally.Averages {
	d := now.Since(w.old)
	return tally.Averages{
		Connect:  d[counter.ConnectTime] / max(1, d[counter.Connects]),
		Response: d[counter.ResponseTime] / max(1, d[counter.Requests]),
		Total:    d[counter.TotalTime] / max(1, d[counter.Requests]),
	}
}

// forget clears the maxima, and with all also what show stat has counted. The counters themselves stay: others read them.
func (m *monitor) forget(all bool, now time.Time) {
	clearRow := func(r *row) {
		m.read(r, now)
		r.max, r.rates.SessionsMax, r.rates.RequestsMax = r.sessions, r.rates.Sessions, r.rates.Requests
		if all {
			r.cleared = r.now
		}
	}
	clearRow(&m.whole)
	for i := range m.rows {
		clearRow(&m.rows[i])
	}
}
