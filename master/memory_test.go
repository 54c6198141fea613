package master

import (
	"strconv"
	"testing"

	"lbmaster/conf"
	"lbmaster/shared/status"
	"lbmaster/tools/growth"
)

// withServers is a backend with that many servers, which are checked.
func withServers(n int) *conf.Config {
	b := conf.Backend{Name: "farm"}
	for i := range n {
		b.Servers = append(b.Servers, conf.Server{Name: "s" + strconv.Itoa(i), Check: true, Address: conf.Address{Host: "127.0.0.1", Port: 80}})
	}
	return &conf.Config{Backends: []conf.Backend{b}}
}

// TestShareRemembers: servers are found again by their names, wherever they are written.
func TestShareRemembers(t *testing.T) {
	before, err := share(withServers(3), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer before.close()
	down := status.State{Op: status.Down, Admin: status.Drain}
	before.board.Store(2, down, 17)
	c := withServers(4)
	c.Backends[0].Servers = c.Backends[0].Servers[2:] // s2 is the first now, s3 is new
	after, err := share(c, 1, before.board)
	if err != nil {
		t.Fatal(err)
	}
	defer after.close()
	if got, changed := after.board.Load(0), after.board.Changed(0); got != down || changed != 17 {
		t.Errorf("s2 is %v since %d, want %v since 17", got, changed, down)
	}
	if got := after.board.Load(1); got.Op != status.Up || got.Admin != status.Ready {
		t.Errorf("s3 is new and %v", got)
	}
}

func TestShareIsNoSquare(t *testing.T) {
	growth.NotSquare(t, 4000, func(n int) func() {
		c := withServers(n)
		before, err := share(c, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(before.close)
		return func() {
			after, err := share(c, 1, before.board)
			if err != nil {
				t.Fatal(err)
			}
			after.close()
		}
	})
}
