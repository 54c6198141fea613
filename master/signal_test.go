package master

import (
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/signals"
)

func TestOrderOfPauseAndResume(t *testing.T) {
	type came struct {
		s  os.Signal
		us int
	}
	const hup, ttou, ttin = unix.SIGHUP, unix.SIGTTOU, unix.SIGTTIN
	for _, tt := range []struct {
		came   []came
		paused bool // at the end
	}{
		{[]came{{ttou, 0}}, true},
		{[]came{{ttou, 0}, {ttin, 10}}, false},
		{[]came{{ttin, 0}, {ttou, 10}}, false},            // sent the other way round
		{[]came{{ttin, 0}, {hup, 5}, {ttou, 10}}, false},  // with something between them
		{[]came{{ttin, 0}, {ttou, 5000}}, true},           // as they were sent
		{[]came{{ttou, 0}, {ttin, 10}, {ttou, 20}}, true}, // a resume that had an effect
		{[]came{{ttou, 0}, {ttin, 10}, {ttin, 15}, {ttou, 20}}, false},
	} {
		var q sequence
		paused, begin := false, time.Now()
		for _, c := range tt.came {
			again := q.resumes(signals.Arrival{Signal: c.s, At: begin.Add(time.Duration(c.us) * time.Microsecond)}, paused)
			if c.s == ttou || c.s == ttin {
				paused = c.s == ttou && !again
			}
		}
		if paused != tt.paused {
			t.Errorf("%v: paused %v", tt.came, paused)
		}
	}
}

// TestStillMeant: of a resume and the pause after it only the pause is passed on, unless they were sent together.
func TestStillMeant(t *testing.T) {
	begin := time.Now()
	at := func(s os.Signal, ms int) signals.Arrival {
		return signals.Arrival{Signal: s, At: begin.Add(time.Duration(ms) * time.Millisecond)}
	}
	for _, tt := range []struct {
		came []signals.Arrival
		want []os.Signal
	}{
		{[]signals.Arrival{at(unix.SIGTTIN, 0), at(unix.SIGHUP, 1), at(unix.SIGTTOU, 2)}, []os.Signal{unix.SIGHUP, unix.SIGTTOU}},
		{[]signals.Arrival{at(unix.SIGTTIN, 0), at(unix.SIGTTOU, 0)}, []os.Signal{unix.SIGTTIN, unix.SIGTTOU}},
		{[]signals.Arrival{at(unix.SIGTTOU, 0), at(unix.SIGTTIN, 2)}, []os.Signal{unix.SIGTTOU, unix.SIGTTIN}},
		{[]signals.Arrival{at(unix.SIGUSR2, 0), at(unix.SIGTTIN, 2)}, []os.Signal{unix.SIGUSR2, unix.SIGTTIN}},
	} {
		var got []os.Signal
		for _, a := range stillMeant(slices.Clone(tt.came)) {
			got = append(got, a.Signal)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v", tt.came, got)
		}
	}
}
