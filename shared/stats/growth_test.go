package stats

import (
	"strconv"
	"testing"
	"time"
)

// TestPastGrowth: four times the servers cost about four times the work, and not ten times or more.
func TestPastGrowth(t *testing.T) {
	cost := func(n int) time.Duration {
		s := manyRows(t, n)
		best := time.Duration(1<<63 - 1)
		for range 5 {
			start := time.Now()
			if p := NewPast(s, s); len(p.pair) != n*len(columns) {
				t.Fatalf("%d pairs", len(p.pair))
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	few, many := cost(5_000), cost(20_000)
	t.Logf("5,000 rows: %v, 20,000 rows: %v", few, many)
	if many > 9*few {
		t.Errorf("%v for 5,000 rows, %v for 20,000", few, many)
	}
}

func manyRows(t *testing.T, n int) *Stats {
	t.Helper()
	rows := make([]Row, n)
	for i := range rows {
		rows[i] = Row{Kind: Server, Proxy: "pool", Server: "server" + strconv.Itoa(i)}
	}
	s, err := Create(rows, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
