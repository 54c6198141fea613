package stats

import "sync/atomic"

// Counters are the counters of one row, as one process keeps them. They only grow. A worker adds to its own and never to
// another's, so that nobody waits for a cache line.
type Counters struct {
	// What every request touches.
	Requests     atomic.Uint64
	BytesIn      atomic.Uint64 // from clients
	BytesOut     atomic.Uint64 // to clients
	Responses1xx atomic.Uint64
	Responses2xx atomic.Uint64
	Responses3xx atomic.Uint64
	Responses4xx atomic.Uint64
	Responses5xx atomic.Uint64

	// What connections touch.
	Sessions atomic.Uint64 // client connections
	Connects atomic.Uint64 // connections to servers
	Reuses   atomic.Uint64 // responses on a connection to a server that had been used before
	Balanced atomic.Uint64 // requests for which the balance chose the server
	Answered atomic.Uint64 // requests that were answered without a server, on purpose
	// Sums over the streams of a backend and its servers, in ms; divided by their number they are averages.
	ConnectTime  atomic.Uint64 // until a connection to the server was there
	ResponseTime atomic.Uint64 // from then until the head of the response was complete
	TotalTime    atomic.Uint64 // from the first byte of the request to the last of the response

	// What goes wrong.
	ResponsesOther atomic.Uint64
	RequestErrors  atomic.Uint64 // requests that were malformed, too slow or cut off
	ConnectErrors  atomic.Uint64 // servers that could not be reached
	ResponseErrors atomic.Uint64 // servers that gave no valid response in time
	Retries        atomic.Uint64 // requests sent again
	Redispatches   atomic.Uint64 // requests sent again to another server
	ClientAborts   atomic.Uint64 // streams that the client ended early
	ServerAborts   atomic.Uint64 // streams that the server ended early

	LogsDropped atomic.Uint64 // lines that a log target did not take

	// What the monitor counts, in its own slab, for backends and servers.
	CheckFailures atomic.Uint64 // health checks that failed while the server was up
	Downs         atomic.Uint64 // times that it went down
	DownTime      atomic.Uint64 // ms, without the time since the last change

	// What the master counts, in its own slab, for the instance.
	WorkerDeaths   atomic.Uint64 // processes that died and were, or will be, replaced
	MonitorDeaths  atomic.Uint64
	Upgrades       atomic.Uint64 // generations that have taken over from one before
	FailedUpgrades atomic.Uint64 // generations that did not come up
}

// Gauges are the gauges of one row, as one worker keeps them. They end with the process.
type Gauges struct {
	Sessions atomic.Int64 // client connections; of a backend or server: the streams that it serves
	Idle     atomic.Int64 // idle connections to a server
	_        [6]uint64
}

// column is one counter: its name outside of Go, and how to find it.
type column struct {
	name string
	at   func(*Counters) *atomic.Uint64
}

// columns is the one list of all counters. The names are part of the segment: another version of the program finds
// the counters it knows by them.
var columns = [...]column{
	{"requests", func(c *Counters) *atomic.Uint64 { return &c.Requests }},
	{"bytes_in", func(c *Counters) *atomic.Uint64 { return &c.BytesIn }},
	{"bytes_out", func(c *Counters) *atomic.Uint64 { return &c.BytesOut }},
	{"responses_1xx", func(c *Counters) *atomic.Uint64 { return &c.Responses1xx }},
	{"responses_2xx", func(c *Counters) *atomic.Uint64 { return &c.Responses2xx }},
	{"responses_3xx", func(c *Counters) *atomic.Uint64 { return &c.Responses3xx }},
	{"responses_4xx", func(c *Counters) *atomic.Uint64 { return &c.Responses4xx }},
	{"responses_5xx", func(c *Counters) *atomic.Uint64 { return &c.Responses5xx }},
	{"sessions", func(c *Counters) *atomic.Uint64 { return &c.Sessions }},
	{"connects", func(c *Counters) *atomic.Uint64 { return &c.Connects }},
	{"reuses", func(c *Counters) *atomic.Uint64 { return &c.Reuses }},
	{"responses_other", func(c *Counters) *atomic.Uint64 { return &c.ResponsesOther }},
	{"request_errors", func(c *Counters) *atomic.Uint64 { return &c.RequestErrors }},
	{"connect_errors", func(c *Counters) *atomic.Uint64 { return &c.ConnectErrors }},
	{"response_errors", func(c *Counters) *atomic.Uint64 { return &c.ResponseErrors }},
	{"retries", func(c *Counters) *atomic.Uint64 { return &c.Retries }},
	{"redispatches", func(c *Counters) *atomic.Uint64 { return &c.Redispatches }},
	{"client_aborts", func(c *Counters) *atomic.Uint64 { return &c.ClientAborts }},
	{"server_aborts", func(c *Counters) *atomic.Uint64 { return &c.ServerAborts }},
	{"logs_dropped", func(c *Counters) *atomic.Uint64 { return &c.LogsDropped }},
	{"balanced", func(c *Counters) *atomic.Uint64 { return &c.Balanced }},
	{"answered", func(c *Counters) *atomic.Uint64 { return &c.Answered }},
	{"connect_time", func(c *Counters) *atomic.Uint64 { return &c.ConnectTime }},
	{"response_time", func(c *Counters) *atomic.Uint64 { return &c.ResponseTime }},
	{"total_time", func(c *Counters) *atomic.Uint64 { return &c.TotalTime }},
	{"check_failures", func(c *Counters) *atomic.Uint64 { return &c.CheckFailures }},
	{"downs", func(c *Counters) *atomic.Uint64 { return &c.Downs }},
	{"down_time", func(c *Counters) *atomic.Uint64 { return &c.DownTime }},
	{"worker_deaths", func(c *Counters) *atomic.Uint64 { return &c.WorkerDeaths }},
	{"monitor_deaths", func(c *Counters) *atomic.Uint64 { return &c.MonitorDeaths }},
	{"upgrades", func(c *Counters) *atomic.Uint64 { return &c.Upgrades }},
	{"failed_upgrades", func(c *Counters) *atomic.Uint64 { return &c.FailedUpgrades }},
}
