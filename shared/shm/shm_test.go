package shm

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const testKind, testVersion = 7, 3

func create(t *testing.T, size int) *Segment {
	t.Helper()
	s, err := Create("test", testKind, testVersion, size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// reopen maps a segment a second time, as another process would.
func reopen(t *testing.T, s *Segment) *Segment {
	t.Helper()
	again, err := Open(dup(t, s.FD()), testKind, testVersion)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	return again
}

func dup(t *testing.T, fd int) int {
	t.Helper()
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestShared(t *testing.T) {
	s := create(t, 10000)
	other := reopen(t, s)
	if s.Size() < 10000 || s.Size() != other.Size() {
		t.Errorf("%d and %d bytes", s.Size(), other.Size())
	}
	*At[uint64](s, 9992) = 42
	if n := *At[uint64](other, 9992); n != 42 {
		t.Errorf("the other mapping has %d", n)
	}
	copy(Slice[byte](other, 3, 5), "hello")
	if got := Slice[byte](s, 3, 5); string(got) != "hello" {
		t.Errorf("got %q", got)
	}
}

func TestMisuse(t *testing.T) {
	s := create(t, 100)
	for name, f := range map[string]func(){
		"behind the end": func() { At[uint64](s, s.Size()) },
		"over the end":   func() { Slice[uint32](s, s.Size()-4, 2) },
		"not aligned":    func() { At[uint64](s, 4) },
		"before":         func() { At[byte](s, -1) },
		"too many":       func() { Slice[uint64](s, 0, 1<<61) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

// TestNobodyCanShrink: a process that truncates the file would kill all others.
func TestNobodyCanShrink(t *testing.T) {
	s := create(t, 100)
	if err := unix.Ftruncate(s.FD(), 0); err == nil {
		t.Error("the segment could be truncated")
	}
}

func TestOpenRefuses(t *testing.T) {
	s := create(t, 100)
	for _, tt := range []struct {
		name, want    string
		fd            int
		kind, version uint32
	}{
		{"another kind", "of kind", dup(t, s.FD()), testKind + 1, testVersion},
		{"another version", "of version 3", dup(t, s.FD()), testKind, testVersion + 1},
		{"no memory file", "no shared segment", 0, testKind, testVersion},
		{"no descriptor", "no shared segment", 9999, testKind, testVersion},
		{"not sealed", "not sealed", unsealed(t, 4096), testKind, testVersion},
		{"sealed data", "", sealed(t, make([]byte, 4096)), testKind, testVersion},
		{"too small", "bytes only", sealed(t, []byte("x")), testKind, testVersion},
	} {
		_, err := Open(tt.fd, tt.kind, tt.version)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if tt.fd > 0 && tt.fd != 9999 {
			if err := unix.Close(tt.fd); err != nil {
				t.Errorf("%s: the descriptor was taken though it was refused: %v", tt.name, err)
			}
		}
	}
}

func unsealed(t *testing.T, size int64) int {
	t.Helper()
	fd, err := memfd("test")
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Ftruncate(fd, size); err != nil {
		t.Fatal(err)
	}
	return fd
}

func sealed(t *testing.T, data []byte) int {
	t.Helper()
	fd, err := Seal("test", data)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestSeal(t *testing.T) {
	for _, size := range []int{0, 1, 100000} {
		data := bytes.Repeat([]byte("x"), size)
		fd := sealed(t, data)
		if _, err := unix.Pwrite(fd, []byte("y"), 0); err == nil {
			t.Error("a sealed file could be written")
		}
		got, err := Unseal(fd)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes came back as %d, %v", size, len(got), err)
		}
		unix.Close(fd)
	}
	fd := unsealed(t, 10)
	defer unix.Close(fd)
	if _, err := Unseal(fd); err == nil {
		t.Error("a file that can still change was read")
	}
}
