package master

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/master/child"
	"lbmaster/shared/control"
	"lbmaster/tools/rig"
)

// TestDrainOfManyPorts: the order to drain arrives whatever the number of addresses is.
func TestDrainOfManyPorts(t *testing.T) {
	old, theirs := correspondents(t)
	successor, ofSuccessor := correspondents(t)
	defer old.Close()
	defer successor.Close()
	defer unix.Close(theirs)
	defer unix.Close(ofSuccessor)
	m := &master{sys: new(master).outside(), log: discard, slots: []*slot{{state: active, child: successor}}, config: &conf.Config{}}
	const ports = 30000
	g := &generation{program: "another", keys: [][]string{make([]string, ports)}, children: map[int]*child.Child{0: old}}
	before := rig.CountFDs(os.Getpid())
	m.drain(g)
	order, fds, err := control.Recv(theirs)
	if err != nil || order.Kind != control.Drain || len(fds) != 2 {
		t.Fatalf("the worker hears %s with %d descriptors, %v", order.Kind, len(fds), err)
	}
	if err := order.Unpack(fds); err != nil || len(order.Places) != 1 || len(order.Places[0]) != ports {
		t.Errorf("%d frontends have places, %v", len(order.Places), err)
	}
	unix.Close(fds[0])
	_, fds, err = control.Recv(ofSuccessor)
	if err != nil || len(fds) != 1 {
		t.Errorf("the successor gets %d descriptors, %v", len(fds), err)
	}
	control.CloseAll(fds)
	if after := rig.CountFDs(os.Getpid()); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}
