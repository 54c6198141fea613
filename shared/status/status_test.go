package status

import (
	"net/netip"
	"reflect"
	"sync"
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
	want := State{Op: Down, Admin: Maint, Weight: 256}
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
	for _, s := range []State{
		{},
		{Op: Up, Weight: 1},
		{Op: Up, Admin: Drain, Weight: 65535},
		{Op: Down, Admin: Maint},
		{Op: Stopping, Weight: 7},
		{Op: Up, Admin: Maint, Inherited: true, Own: Drain, Disabled: true, Weight: 65535},
	} {
		if got := unpack(s.pack()); got != s {
			t.Errorf("%+v became %+v", s, got)
		}
	}
}

func TestWhoIsServed(t *testing.T) {
	for _, tt := range []struct {
		state            State
		serves, takesNew bool
	}{
		{State{Op: Up}, true, true},
		{State{Op: Stopping}, true, false},
		{State{Op: Down}, false, false},
		{State{Op: Up, Admin: Drain}, true, false},
		{State{Op: Stopping, Admin: Drain}, true, false},
		{State{Op: Down, Admin: Drain}, false, false},
		{State{Op: Up, Admin: Maint}, false, false},
	} {
		if tt.state.Serves() != tt.serves || tt.state.TakesNew() != tt.takesNew {
			t.Errorf("%+v: serves %v, takes new clients %v", tt.state, tt.state.Serves(), tt.state.TakesNew())
		}
	}
}

func create(t *testing.T) *Board {
	t.Helper()
	b, err := Create(testServers, func(int) State { return State{Op: Up} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// TestChecks: they come back as they were, and do not wake the workers.
func TestChecks(t *testing.T) {
	b := create(t)
	before := b.Version()
	for _, want := range []Check{{}, {1, 200, 3, 4}, {255, 65535, 65535, maxTook}} {
		b.StoreCheck(1, want, 77)
		if got := b.Check(1); got != want || b.Checked(1) != 77 {
			t.Errorf("%+v became %+v, at %d", want, got, b.Checked(1))
		}
	}
	b.StoreCheck(1, Check{Took: maxTook + 5}, 77)
	if got := b.Check(1); got.Took != maxTook || b.Version() != before || b.Check(0) != (Check{}) || b.Load(1) != (State{Op: Up}) {
		t.Errorf("check %+v, version %d after %d, state %+v", got, b.Version(), before, b.Load(1))
	}
}

func TestAddresses(t *testing.T) {
	b := create(t)
	if a := b.Address(0); a.IsValid() {
		t.Errorf("at first the address is %v", a)
	}
	for _, text := range []string{"10.0.0.9:80", "[2001:db8::1]:65535"} {
		before, want := b.Version(), netip.MustParseAddrPort(text)
		b.StoreAddress(1, want)
		if got := b.Address(1); got != want || b.Version() == before || b.Address(0).IsValid() {
			t.Errorf("%v became %v, version %d after %d", want, got, b.Version(), before)
		}
	}
}

// TestNoMixedAddresses: a reader sees one address or the other, or none, and the last one in the end.
func TestNoMixedAddresses(t *testing.T) {
	b := create(t)
	one, two := netip.MustParseAddrPort("[1111::1111]:1111"), netip.MustParseAddrPort("[2222::2222]:2222")
	var writer sync.WaitGroup
	writer.Go(func() {
		for range 20000 {
			b.StoreAddress(0, one)
			b.StoreAddress(0, two)
		}
	})
	for b.Version() < 40000 {
		if a := b.Address(0); a.IsValid() && a != one && a != two {
			t.Fatalf("read %v", a)
		}
	}
	writer.Wait()
	if a := b.Address(0); a != two {
		t.Errorf("in the end the address is %v", a)
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(0); err == nil {
		t.Error("standard input was taken for a board")
	}
}
