package channel

import (
	"bytes"
	"io"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/shared/pump"
)

// TestReports: the master gets what the operator must know. When the master is behind, or gone, the line is written instead, and nobody waits.
func TestReports(t *testing.T) {
	c := newChild(t)
	var instead bytes.Buffer
	report := Reports(c.FD(), &instead, "worker 1")
	report("to the master")
	if m, _, err := control.Recv(c.master); err != nil || m.Kind != control.Report || m.Reason != "to the master" || instead.Len() != 0 {
		t.Errorf("the master heard %+v, %v; %q is written", m, err, instead.String())
	}
	c.fill()
	report("behind")
	unix.Close(c.master)
	c.master = -1
	report("gone")
	if got, want := instead.String(), "lbmaster: worker 1: behind\nlbmaster: worker 1: gone\n"; got != want {
		t.Errorf("%q is written, want %q", got, want)
	}
}

// TestReporterNeverBlocks: a reader of stderr that stands still costs lines, not time.
func TestReporterNeverBlocks(t *testing.T) {
	r, w := io.Pipe() // nobody reads
	defer r.Close()
	report := Reports(-1, pump.New(w), "worker 0") // no master hears it
	for range 10_000 {
		report("x")
	}
}
