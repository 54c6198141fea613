package master

import (
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/signals"
)

func TestOrderOfWishes(t *testing.T) {
	const hup, term, ttou, ttin = unix.SIGHUP, unix.SIGTERM, unix.SIGTTOU, unix.SIGTTIN
	type at struct {
		s  os.Signal
		us int
	}
	for _, tt := range []struct {
		came []at
		want []os.Signal
	}{
		{nil, nil},
		{[]at{{hup, 0}, {ttou, 10}, {term, 20}}, []os.Signal{hup, ttou, term}},
		{[]at{{ttou, 0}, {ttin, 10}}, []os.Signal{ttou, ttin}},
		{[]at{{ttin, 0}, {ttou, 5000}}, []os.Signal{ttin, ttou}},
		{[]at{{ttin, 0}, {ttou, 10}}, []os.Signal{ttin, ttou, ttin}},
		{[]at{{ttin, 0}, {hup, 5}, {ttou, 10}, {term, 20}}, []os.Signal{ttin, hup, ttou, ttin, term}},
	} {
		var all []signals.Arrival
		begin := time.Now()
		for _, c := range tt.came {
			all = append(all, signals.Arrival{Signal: c.s, At: begin.Add(time.Duration(c.us) * time.Microsecond)})
		}
		var once, each sequence
		if got := once.of(all); !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, want %v", tt.came, got, tt.want)
		}
		var got []os.Signal
		for _, a := range all { // however they are taken
			got = append(got, each.of([]signals.Arrival{a})...)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v, one by one: %v, want %v", tt.came, got, tt.want)
		}
	}
}
