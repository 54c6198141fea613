package proxy

import (
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/shared/stats"
)

// Two workers that release reservations at the same time both see two free ones. Whoever waits is told nevertheless.
func TestPlacesGivenBackTogether(t *testing.T) {
	for _, tt := range []struct {
		name               string
		instance, frontend int
	}{{"of the instance", 2, 1000}, {"of the frontend", 1000, 2}} {
		t.Run(tt.name, func(t *testing.T) {
			c := benchConfig("127.0.0.1", 8001)
			c.Global.Maxconn, c.Frontends[0].Maxconn = tt.instance, tt.frontend
			st, err := stats.Create(benchRows(c), 2)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { st.Close() })
			a, b := newProxy(t, c, st, 0), newProxy(t, c, st, 1)
			ofA, ofB := a.frontends[0], b.frontends[0]
			if !a.reserve(ofA) || !b.reserve(ofB) || a.reserve(ofA) {
				t.Fatal("there is not room for two")
			}
			// a is in the middle of releasing its reservation.
			a.gauges.Sessions.AddFirst(-1)
			ofA.gauges.Sessions.AddFirst(-1)
			b.unreserve(ofB)
			if !rings(b.wake) {
				t.Error("nobody is woken though both reservations are free")
			}
		})
	}
}

// rings tells whether an eventfd has been written.
func rings(fd int) bool {
	var n [8]byte
	_, err := unix.Read(fd, n[:])
	return err == nil
}
