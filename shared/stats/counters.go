package stats

import "lbmaster/shared/counter"

// Counters are the counters of one row, as one process keeps them, by counter.ID. They only grow. A worker adds to its own and never to
// another's, so that nobody waits for a cache line.
type Counters [counter.Count]Counter

// Gauges are the gauges of one row, as one worker keeps them. They end with the process.
type Gauges struct {
	Sessions Gauge // client connections; of a backend or server: the streams that it serves
	Idle     Gauge // idle connections to a server
	_        [6]uint64
}
