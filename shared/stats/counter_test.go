package stats

import (
	"sync/atomic"
	"testing"

	"lbmaster/shared/counter"
)

// TestGauge: what goes up comes down, and both kinds of changes meet.
func TestGauge(t *testing.T) {
	t.Parallel()
	var g Gauge
	g.Add(3)
	g.AddFirst(2)
	g.Add(-4)
	if n := g.Load(); n != 1 {
		t.Errorf("3 + 2 - 4 = %d", n)
	}
}

// perRequest are some of the counters of a server that a request changes.
var perRequest = [...]counter.ID{
	counter.Requests, counter.BytesIn, counter.BytesOut, counter.Responses2xx, counter.Reuses, counter.Balanced, counter.ConnectTime, counter.TotalTime,
}

// row is as much memory as a row has.
type row struct {
	Counters
	Gauges
}

// BenchmarkAdd counts a request for each of a thousand servers in turn, as a worker does and with locked instructions.
func BenchmarkAdd(b *testing.B) {
	rows := make([]row, 1000)
	b.Run("plain", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			for _, c := range perRequest {
				rows[i%len(rows)].Counters[c].Add(1)
			}
		}
	})
	b.Run("locked", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			for _, c := range perRequest {
				atomic.AddUint64(&rows[i%len(rows)].Counters[c].n, 1)
			}
		}
	})
}
