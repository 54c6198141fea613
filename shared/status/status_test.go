package status

import (
	"reflect"
	"testing"

	"golang.org/x/sys/unix"
)

var testServers = []Server{{"web", "a", "10.0.0.1:80"}, {"web", "b", "10.0.0.2:80"}}

func TestBoard(t *testing.T) {
	b, err := Create(testServers, func(i int) State { return State{Op: Up, Weight: uint16(i + 1)} })
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	fd, err := unix.FcntlInt(uintptr(b.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := Open(fd)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if !reflect.DeepEqual(reader.Servers(), testServers) {
		t.Errorf("servers %v", reader.Servers())
	}
	if s := reader.Load(1); s != (State{Op: Up, Weight: 2}) || reader.Changed(1) != 0 {
		t.Errorf("initial state %+v, changed at %d", s, reader.Changed(1))
	}
	before := reader.Version()
	want := State{Op: Down, Admin: Maint, Weight: 256, Check: 200}
	b.Store(1, want, 1234567890123)
	if s := reader.Load(1); s != want || reader.Changed(1) != 1234567890123 || reader.Version() == before {
		t.Errorf("state %+v, changed at %d, version %d after %d", s, reader.Changed(1), reader.Version(), before)
	}
	if s := reader.Load(0); s.Op != Up {
		t.Errorf("the other server changed to %+v", s)
	}
	if n := testing.AllocsPerRun(100, func() { reader.Load(0); reader.Version() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestStatesSurvivePacking(t *testing.T) {
	for _, s := range []State{{}, {Up, Ready, 1, 0}, {Up, Drain, 65535, 255}, {Down, Maint, 0, 1}} {
		if got := unpack(s.pack()); got != s {
			t.Errorf("%+v became %+v", s, got)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(0); err == nil {
		t.Error("standard input was taken for a board")
	}
}
