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

// TestShareDisabled: what an operator has said of a server stands until the configuration says something else than before.
func TestShareDisabled(t *testing.T) {
	for _, tt := range []struct {
		before, after bool // disabled
		said          status.State
		want          status.Admin
	}{
		{false, true, status.State{Op: status.Up}, status.Maint},
		{false, true, status.State{Op: status.Up, Admin: status.Drain}, status.Maint},
		{true, true, status.State{Op: status.Up, Admin: status.Maint, Disabled: true}, status.Maint},
		{true, true, status.State{Op: status.Up, Admin: status.Ready, Disabled: true}, status.Ready},
		{true, false, status.State{Op: status.Up, Admin: status.Maint, Disabled: true}, status.Ready},
		{false, false, status.State{Op: status.Up, Admin: status.Maint}, status.Maint},
		{false, false, status.State{Op: status.Up, Admin: status.Maint, Inherited: true, Own: status.Drain}, status.Drain},
	} {
		c := withServers(1)
		c.Backends[0].Servers[0].Disabled = tt.before
		before, err := share(c, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := before.board.Load(0); (got.Admin == status.Maint) != tt.before || got.Disabled != tt.before {
			t.Errorf("disabled %v: it begins as %+v", tt.before, got)
		}
		before.board.Store(0, tt.said, 17)
		c.Backends[0].Servers[0].Disabled = tt.after
		after, err := share(c, 1, before.board)
		if err != nil {
			t.Fatal(err)
		}
		if got := after.board.Load(0); got.Admin != tt.want || got.Disabled != tt.after {
			t.Errorf("disabled %v, then %v, %+v on the board: %+v, want admin %d", tt.before, tt.after, tt.said, got, tt.want)
		}
		before.close()
		after.close()
	}
}

// TestShareTracks: a server that tracks another one keeps its state too.
func TestShareTracks(t *testing.T) {
	c := withServers(2)
	c.Backends[0].Servers[1].Check, c.Backends[0].Servers[1].Track = false, "farm/s0"
	before, err := share(c, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer before.close()
	before.board.Store(1, status.State{Op: status.Down}, 17)
	after, err := share(c, 1, before.board)
	if err != nil {
		t.Fatal(err)
	}
	defer after.close()
	if got, changed := after.board.Load(1), after.board.Changed(1); got.Op != status.Down || changed != 17 {
		t.Errorf("%+v since %d", got, changed)
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
