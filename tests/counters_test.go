//go:build linux

package tests

import (
	"slices"

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
func (b *balancer) counted(s *stats.Stats, row stats.Row, column string) int64 {
	b.t.Helper()
	i, k := slices.Index(s.Rows(), row), slices.Index(s.Columns(), column)
	if i < 0 || k < 0 {
		b.t.Fatalf("there is no counter %s of %+v", column, row)
	}
	return int64(s.Total(i, k))
}
