//go:build linux

package tests

import (
	"slices"

	"lbmaster/shared/counter"
	"lbmaster/shared/stats"
)

// counters opens the counters of a running lbmaster.
func (b *balancer) counters() *stats.Stats {
	b.t.Helper()
	fd, err := openMemory(b.Pid, "lbmaster-stats")
	if err != nil {
		b.t.Fatal(err)
	}
	s, err := stats.Open(fd)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { s.Close() })
	return s
}

// counted is the value of one counter, over all workers.
func (b *balancer) counted(s *stats.Stats, row stats.Row, c counter.ID) int64 {
	b.t.Helper()
	i := slices.Index(s.Rows(), row)
	if i < 0 {
		b.t.Fatalf("there is no row %+v", row)
	}
	return int64(s.Total(i, c))
}
