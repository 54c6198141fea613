package stats

import (
	"sync/atomic"
	"testing"
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
func (c *cell) perRequest() [8]*Counter {
	n := &c.counters
	return [...]*Counter{
		&n.Requests, &n.BytesIn, &n.BytesOut, &n.Responses2xx, &n.Reuses, &n.Balanced, &n.ConnectTime, &n.TotalTime,
	}
}

// BenchmarkAdd counts a request for each of a thousand servers in turn, as a worker does and with locked instructions.
func BenchmarkAdd(b *testing.B) {
	rows := make([]cell, 1000)
	b.Run("plain", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			for _, c := range rows[i%len(rows)].perRequest() {
				c.Add(1)
			}
		}
	})
	b.Run("locked", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			for _, c := range rows[i%len(rows)].perRequest() {
				atomic.AddUint64(&c.n, 1)
			}
		}
	})
}
