package master

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/faults"
	"lbmaster/tools/rig"
)

// heard is what a child finds on its channel, in words, with the number of descriptors that read faults.
func heard(t *testing.T, channel int) (all []string) {
	t.Helper()
	for {
		m, fds, err := control.Recv(channel)
		if errors.Is(err, unix.EAGAIN) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, fd := range fds {
			r, err := faults.NewReader(fd)
			if err != nil {
				control.CloseAll(fds[i:])
				t.Fatal(err)
			}
			r.Close()
		}
		all = append(all, fmt.Sprintf("%s %d %d %d", m.Kind, m.Generation, m.Slot, len(fds)))
	}
}

// TestFaultsAreShown: a monitor hears of the faults of all generations when it is ready, and of the end of one not before.
func TestFaultsAreShown(t *testing.T) {
	before := rig.CountFDs(os.Getpid())
	c, theirs := correspondents(t)
	config := &conf.Config{Frontends: make([]conf.Frontend, 1), Backends: make([]conf.Backend, 1)}
	memories := func(workers int) []int {
		fds, err := newFaults(config, workers)
		if err != nil {
			t.Fatal(err)
		}
		return fds
	}
	old := &generation{number: 3, faults: memories(1)}
	m := &master{sys: new(master).outside(), number: 4, memory: &memory{faults: memories(control.MaxFDs + 1)}, old: []*generation{old}, monitor: &slot{state: starting, child: c}}
	m.hideFaults(old)
	if said := heard(t, theirs); len(said) != 0 {
		t.Errorf("to one that is starting: %q", said)
	}
	m.showFaults(c)
	if said, want := fmt.Sprint(heard(t, theirs)), "[faults 3 0 1 faults 4 0 200 faults 4 200 1]"; said != want {
		t.Errorf("said %s, want %s", said, want)
	}
	m.monitor.state = active
	m.hideFaults(old)
	m.showFaultsAgain(c, 3)
	m.showFaultsAgain(c, 2)
	if said, want := fmt.Sprint(heard(t, theirs)), "[bury 3 0 0 faults 3 0 1]"; said != want {
		t.Errorf("said %s, want %s", said, want)
	}
	control.CloseAll(append(old.faults, m.memory.faults...))
	c.Close()
	unix.Close(theirs)
	if after := rig.CountFDs(os.Getpid()); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}
