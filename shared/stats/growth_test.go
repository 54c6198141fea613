package stats

import (
	"strconv"
	"testing"

	"lbmaster/tools/growth"
)

// ofServers are the counters of a backend with that many servers.
func ofServers(t *testing.T, n int) *Stats {
	t.Helper()
	var rows []Row
	for i := range n {
		rows = append(rows, Row{Kind: Server, Proxy: "farm", Server: "s" + strconv.Itoa(i)})
	}
	s, err := Create(append(rows, Row{Kind: Worker}), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestPastIsNoSquare(t *testing.T) {
	growth.NotSquare(t, 4000, func(n int) func() {
		from, into := ofServers(t, n), ofServers(t, n)
		return func() { NewPast(from, into) }
	})
}
