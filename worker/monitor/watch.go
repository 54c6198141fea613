package monitor

import (
	"time"

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
func (m *monitor) counts(stat int) tally.Counts {
	c := &m.scratch
	m.counters.Sum(stat, c)
	return tally.Counts{
		Sessions: c.Sessions.Load(), Requests: c.Requests.Load(), BytesIn: c.BytesIn.Load(), BytesOut: c.BytesOut.Load(),
		Responses1xx: c.Responses1xx.Load(), Responses2xx: c.Responses2xx.Load(), Responses3xx: c.Responses3xx.Load(),
		Responses4xx: c.Responses4xx.Load(), Responses5xx: c.Responses5xx.Load(), ResponsesOther: c.ResponsesOther.Load(),
		RequestErrors: c.RequestErrors.Load(), ConnectErrors: c.ConnectErrors.Load(), ResponseErrors: c.ResponseErrors.Load(),
		Retries: c.Retries.Load(), Redispatches: c.Redispatches.Load(), ClientAborts: c.ClientAborts.Load(),
		ServerAborts: c.ServerAborts.Load(), Connects: c.Connects.Load(), Reuses: c.Reuses.Load(), Balanced: c.Balanced.Load(),
		Answered: c.Answered.Load(), CheckFailures: c.CheckFailures.Load(), Downs: c.Downs.Load(), ConnectTime: c.ConnectTime.Load(),
		ResponseTime: c.ResponseTime.Load(), TotalTime: c.TotalTime.Load(), DownTime: c.DownTime.Load(),
		LogsDropped: c.LogsDropped.Load(), WorkerDeaths: c.WorkerDeaths.Load(), MonitorDeaths: c.MonitorDeaths.Load(),
		Upgrades: c.Upgrades.Load(), FailedUpgrades: c.FailedUpgrades.Load(),
	}
}

// read takes the numbers of a row as they are now.
func (m *monitor) read(r *row, now time.Time) {
	before := r.now
	r.now = m.counts(r.stat)
	if r.back != nil {
		// A session of a backend or server is a stream: in HTTP a request, else what the balance has been asked for.
		r.now.Sessions = max(r.now.Sessions, r.now.Requests, r.now.Balanced)
	}
	if !r.sampled.IsZero() && (r.now.Sessions != before.Sessions || r.now.Requests != before.Requests) {
		r.used = now
	}
	r.sessions = m.counters.SessionsNow(r.stat)
	r.max = max(r.max, r.sessions)
}

// sample takes the numbers of all rows, and the rates since the last time.
func (m *monitor) sample(now time.Time) {
	if m.stderr != nil {
		m.counters.Counters(m.counters.Monitor(), 0).LogsDropped.Add(m.stderr.TakeDropped())
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
		r.rates.Sessions = perSecond(r.now.Sessions-before.Sessions, since)
		r.rates.Requests = perSecond(r.now.Requests-before.Requests, since)
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
	if c.Requests-w.mid.Requests >= windowSize {
		w.old, w.mid = w.mid, c
	}
}

// averages are those of the window up to now.
func (w *window) averages(now tally.Counts) tally.Averages {
	d := now.Since(w.old)
	return tally.Averages{
		Connect:  d.ConnectTime / max(1, d.Connects),
		Response: d.ResponseTime / max(1, d.Requests),
		Total:    d.TotalTime / max(1, d.Requests),
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
