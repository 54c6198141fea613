// Package counter is the one list of what is counted. A counter's number is its place in the memory of this build, and in every table
// over the counters; its name is its place in that of all builds.
//
// To count something more, add a line to each of the two lists here: CONTRIBUTING.md says what else is to be done.
package counter

// ID is a counter.
type ID uint8

// The order is that of the memory: eight share a cache line, so those stand together which are touched at the same time. The first 32 never
// move: a segment of a build that does not say its order has them so.
const (
	// What every request touches.
	Requests ID = iota
	BytesIn     // from clients
	BytesOut    // to clients
	Responses1xx
	Responses2xx
	Responses3xx
	Responses4xx
	Responses5xx

	// What connections touch.
	Sessions // client connections
	Connects // connections to servers
	Reuses   // responses on a connection to a server that had been used before
	Balanced // requests for which the balance chose the server
	Answered // requests that were answered without a server, on purpose
	// Sums over the streams of a backend and its servers, in ms; divided by their number they are averages.
	ConnectTime  // until a connection to the server was there
	ResponseTime // from then until the head of the response was complete
	TotalTime    // from the first byte of the request to the last of the response

	// What goes wrong.
	ResponsesOther
	RequestErrors  // requests that were malformed, too slow or cut off
	ConnectErrors  // servers that could not be reached
	ResponseErrors // servers that gave no valid response in time
	Retries        // requests sent again
	Redispatches   // requests sent again to another server
	ClientAborts   // streams that the client ended early
	ServerAborts   // streams that the server ended early

	LogsDropped // lines that a log target did not take

	// What the monitor counts, in its own slab, for backends and servers.
	CheckFailures // health checks that failed while the server was up
	Downs         // times that it went down
	DownTime      // ms, without the time since the last change

	// What the master counts, in its own slab, for the instance.
	WorkerDeaths // processes that died and were, or will be, replaced
	MonitorDeaths
	Upgrades       // generations that have taken over from one before
	FailedUpgrades // generations that did not come up

	Count // how many there are
)

// names are how the counters are called outside of this build. A name never changes its meaning.
var names = [Count]string{
	Requests:       "requests",
	BytesIn:        "bytes_in",
	BytesOut:       "bytes_out",
	Responses1xx:   "responses_1xx",
	Responses2xx:   "responses_2xx",
	Responses3xx:   "responses_3xx",
	Responses4xx:   "responses_4xx",
	Responses5xx:   "responses_5xx",
	Sessions:       "sessions",
	Connects:       "connects",
	Reuses:         "reuses",
	Balanced:       "balanced",
	Answered:       "answered",
	ConnectTime:    "connect_time",
	ResponseTime:   "response_time",
	TotalTime:      "total_time",
	ResponsesOther: "responses_other",
	RequestErrors:  "request_errors",
	ConnectErrors:  "connect_errors",
	ResponseErrors: "response_errors",
	Retries:        "retries",
	Redispatches:   "redispatches",
	ClientAborts:   "client_aborts",
	ServerAborts:   "server_aborts",
	LogsDropped:    "logs_dropped",
	CheckFailures:  "check_failures",
	Downs:          "downs",
	DownTime:       "down_time",
	WorkerDeaths:   "worker_deaths",
	MonitorDeaths:  "monitor_deaths",
	Upgrades:       "upgrades",
	FailedUpgrades: "failed_upgrades",
}

// String is the name of the counter, in memory that builds share.
func (c ID) String() string { return names[c] }
