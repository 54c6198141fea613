package stats

// Counters are the counters of one row, as one process keeps them. They only grow. A worker adds to its own and never to
// another's, so that nobody waits for a cache line.
type Counters struct {
	// What every request touches.
	Requests     Counter
	BytesIn      Counter // from clients
	BytesOut     Counter // to clients
	Responses1xx Counter
	Responses2xx Counter
	Responses3xx Counter
	Responses4xx Counter
	Responses5xx Counter

	// What connections touch.
	Sessions Counter // client connections
	Connects Counter // connections to servers
	Reuses   Counter // responses on a connection to a server that had been used before
	Balanced Counter // requests for which the balance chose the server
	Answered Counter // requests that were answered without a server, on purpose
	// Sums over the streams of a backend and its servers, in ms; divided by their number they are averages.
	ConnectTime  Counter // until a connection to the server was there
	ResponseTime Counter // from then until the head of the response was complete
	TotalTime    Counter // from the first byte of the request to the last of the response

	// What goes wrong.
	ResponsesOther Counter
	RequestErrors  Counter // requests that were malformed, too slow or cut off
	ConnectErrors  Counter // servers that could not be reached
	ResponseErrors Counter // servers that gave no valid response in time
	Retries        Counter // requests sent again
	Redispatches   Counter // requests sent again to another server
	ClientAborts   Counter // streams that the client ended early
	ServerAborts   Counter // streams that the server ended early

	LogsDropped Counter // lines that a log target did not take

	// What the monitor counts, in its own slab, for backends and servers.
	CheckFailures Counter // health checks that failed while the server was up
	Downs         Counter // times that it went down
	DownTime      Counter // ms, without the time since the last change

	// What the master counts, in its own slab, for the instance.
	WorkerDeaths   Counter // processes that died and were, or will be, replaced
	MonitorDeaths  Counter
	Upgrades       Counter // generations that have taken over from one before
	FailedUpgrades Counter // generations that did not come up
}

// Gauges are the gauges of one row, as one worker keeps them. They end with the process.
type Gauges struct {
	Sessions Gauge // client connections; of a backend or server: the streams that it serves
	Idle     Gauge // idle connections to a server
	_        [6]uint64
}

// column is one counter: its name outside of Go, and how to find it.
type column struct {
	name string
	at   func(*Counters) *Counter
}

// columns is the one list of all counters. The names are part of the segment: another version of the program finds
// the counters it knows by them.
var columns = [...]column{
	{"requests", func(c *Counters) *Counter { return &c.Requests }},
	{"bytes_in", func(c *Counters) *Counter { return &c.BytesIn }},
	{"bytes_out", func(c *Counters) *Counter { return &c.BytesOut }},
	{"responses_1xx", func(c *Counters) *Counter { return &c.Responses1xx }},
	{"responses_2xx", func(c *Counters) *Counter { return &c.Responses2xx }},
	{"responses_3xx", func(c *Counters) *Counter { return &c.Responses3xx }},
	{"responses_4xx", func(c *Counters) *Counter { return &c.Responses4xx }},
	{"responses_5xx", func(c *Counters) *Counter { return &c.Responses5xx }},
	{"sessions", func(c *Counters) *Counter { return &c.Sessions }},
	{"connects", func(c *Counters) *Counter { return &c.Connects }},
	{"reuses", func(c *Counters) *Counter { return &c.Reuses }},
	{"responses_other", func(c *Counters) *Counter { return &c.ResponsesOther }},
	{"request_errors", func(c *Counters) *Counter { return &c.RequestErrors }},
	{"connect_errors", func(c *Counters) *Counter { return &c.ConnectErrors }},
	{"response_errors", func(c *Counters) *Counter { return &c.ResponseErrors }},
	{"retries", func(c *Counters) *Counter { return &c.Retries }},
	{"redispatches", func(c *Counters) *Counter { return &c.Redispatches }},
	{"client_aborts", func(c *Counters) *Counter { return &c.ClientAborts }},
	{"server_aborts", func(c *Counters) *Counter { return &c.ServerAborts }},
	{"logs_dropped", func(c *Counters) *Counter { return &c.LogsDropped }},
	{"balanced", func(c *Counters) *Counter { return &c.Balanced }},
	{"answered", func(c *Counters) *Counter { return &c.Answered }},
	{"connect_time", func(c *Counters) *Counter { return &c.ConnectTime }},
	{"response_time", func(c *Counters) *Counter { return &c.ResponseTime }},
	{"total_time", func(c *Counters) *Counter { return &c.TotalTime }},
	{"check_failures", func(c *Counters) *Counter { return &c.CheckFailures }},
	{"downs", func(c *Counters) *Counter { return &c.Downs }},
	{"down_time", func(c *Counters) *Counter { return &c.DownTime }},
	{"worker_deaths", func(c *Counters) *Counter { return &c.WorkerDeaths }},
	{"monitor_deaths", func(c *Counters) *Counter { return &c.MonitorDeaths }},
	{"upgrades", func(c *Counters) *Counter { return &c.Upgrades }},
	{"failed_upgrades", func(c *Counters) *Counter { return &c.FailedUpgrades }},
}
