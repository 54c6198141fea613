package conf

import (
	"fmt"
	"testing"
	"time"
)

// TestServerNamesGrowth: four times the servers cost about four times the work.
func TestServerNamesGrowth(t *testing.T) {
	cost := func(n int) time.Duration {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprint("server", i)
		}
		best := time.Duration(1<<63 - 1)
		for range 5 {
			start := time.Now()
			p := &parser{servers: map[string]int{}}
			for i, name := range names {
				p.serverName(nil, &Server{Name: name, Line: i})
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	few, many := cost(5_000), cost(20_000)
	if t.Logf("%v, %v", few, many); many > 9*few {
		t.Errorf("%v for 5,000 servers, %v for 20,000", few, many)
	}
}
