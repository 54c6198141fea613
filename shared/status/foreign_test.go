package status

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/shared/shm"
)

// segmentOf is the descriptor of a segment of boards that has these bytes, and no more, behind its header.
func segmentOf(t testing.TB, body []byte) int {
	t.Helper()
	segment, err := shm.Create("test", kind, version, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer segment.Close()
	all := make([]byte, shm.HeaderSize, shm.HeaderSize+len(body))
	if _, err := unix.Pread(segment.FD(), all, 0); err != nil {
		t.Fatal(err)
	}
	binary.NativeEndian.PutUint64(all[16:], uint64(cap(all)))
	fd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Pwrite(fd, append(all, body...), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		t.Fatal(err)
	}
	return fd
}

// bodyOf is a board that says it has n servers and a table of that size.
func bodyOf(n, size uint64, slots int, table string) []byte {
	b := make([]byte, headSize+slots*slotSize+8)
	binary.NativeEndian.PutUint64(b, n)
	binary.NativeEndian.PutUint64(b[len(b)-8:], size)
	return append(b, table...)
}

// TestOpenRefusesDamage: what does not fit is an error, and the descriptor stays the caller's.
func TestOpenRefusesDamage(t *testing.T) {
	for name, body := range map[string][]byte{
		"nothing":              {},
		"half a head":          make([]byte, headSize/2),
		"no table":             make([]byte, headSize),
		"too many servers":     bodyOf(2, 4, 1, "[{}]"),
		"no end of servers":    bodyOf(1<<58, 4, 1, "[{}]"),
		"too long a table":     bodyOf(1, 5, 1, "[{}]"),
		"no end of a table":    bodyOf(1, 1<<63, 1, "[{}]"),
		"half a table":         bodyOf(1, 3, 1, "[{}]"),
		"fewer servers":        bodyOf(1, 2, 1, "[]"),
		"more servers":         bodyOf(1, 7, 1, "[{},{}]"),
		"servers but no table": bodyOf(1, 0, 1, ""),
	} {
		fd := segmentOf(t, body)
		if b, err := Open(fd); err == nil {
			t.Errorf("%s: %d servers", name, len(b.Servers()))
		}
		if err := unix.Close(fd); err != nil {
			t.Errorf("%s: the descriptor: %v", name, err)
		}
	}
	b, err := Open(segmentOf(t, bodyOf(1, 14, 1, `[{"Name":"a"}]`)))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil || b.Servers()[0].Name != "a" {
		t.Errorf("servers %v, %v", b.Servers(), err)
	}
}

// TestStatesOfOtherBuilds: each word that another build may write is a state that this one knows.
func TestStatesOfOtherBuilds(t *testing.T) {
	const up7 = uint64(Up) | 7<<32
	for _, tt := range []struct {
		word uint64
		want State
	}{
		{up7, State{Op: Up, Admin: Ready, Weight: 7}},
		{up7 | 0xfc00<<16, State{Op: Up, Admin: Ready, Weight: 7}},
		{up7 | 255<<16, State{Op: Up, Admin: Ready, Weight: 7}}, // what nobody inherits is not kept
		{up7 | 1<<24 | 255<<16, State{Op: Up, Inherited: true, Own: Drain, Weight: 7}},
		{up7 | 2<<24, State{Op: Up, Disabled: true, Weight: 7}},
		{up7 | 0xffff<<48, State{Op: Up, Admin: Ready, Weight: 7}},
		{3 | 7<<32, State{Op: Stopping, Admin: Ready, Weight: 7}},
		{255 | 7<<32, State{Op: Stopping, Admin: Ready, Weight: 7}},
		{up7 | 3<<8, State{Op: Up, Admin: Drain, Weight: 7}},
		{up7 | 255<<8, State{Op: Up, Admin: Drain, Weight: 7}},
		{3 | uint64(Maint)<<8, State{Op: Stopping, Admin: Maint, Weight: 0}},
	} {
		b := create(t)
		b.slots[1].state.Store(tt.word)
		if got := b.Load(1); got != tt.want {
			t.Errorf("%#x is read as %+v, want %+v", tt.word, got, tt.want)
		}
	}
}

// FuzzOpen: whatever a segment says of itself, Open refuses it, or all of it can be read.
func FuzzOpen(f *testing.F) {
	f.Add([]byte{})
	f.Add(bodyOf(1, 14, 1, `[{"Name":"a"}]`))
	f.Add(bodyOf(2, 4, 1, "[{}]"))
	f.Fuzz(func(t *testing.T, body []byte) {
		fd := segmentOf(t, body)
		b, err := Open(fd)
		if err != nil {
			if err := unix.Close(fd); err != nil {
				t.Error(err)
			}
			return
		}
		defer b.Close()
		for i := range b.Servers() {
			if s := b.Load(i); s.Op >= ops || s.Admin >= admins {
				t.Errorf("%+v", s)
			}
			b.Address(i)
			b.Check(i)
		}
	})
}
