package stats

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/shared/counter"
	"lbmaster/shared/shm"
)

// golden opens a segment as a build has written it: two workers, the rows of goldenRows; in each counter of slab s and row r stands
// 1 + its place in the memory + 100r + 10000s; the gauges of the workers are 5 + s + 10r sessions and 1 + s + 10r idle connections.
func golden(t *testing.T, build string) *Stats {
	t.Helper()
	all, err := os.ReadFile(filepath.Join("testdata", build+".segment"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(memoryOf(t, all))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// memoryOf is the descriptor of a sealed memory file with that content.
func memoryOf(t testing.TB, all []byte) int {
	t.Helper()
	fd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Pwrite(fd, all, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		t.Fatal(err)
	}
	return fd
}

var goldenRows = []Row{{Kind: Worker}, {Kind: Server, Proxy: "web", Server: "a"}}

// firstNames are the counters of the build that wrote present.segment. The builds of the others differ by one or by nothing.
var firstNames = ours.names()[:unsaid]

// TestGolden: segments as other builds have written them are read by the names of their counters, and carried over once.
func TestGolden(t *testing.T) {
	without := func(name string) []string {
		return slices.DeleteFunc(slices.Clone(firstNames), func(n string) bool { return n == name })
	}
	for build, memory := range map[string][]string{
		"former":  firstNames, // does not say the order
		"present": firstNames,
		"more":    append(slices.Clone(firstNames), "early"),
		"less":    without("redispatches"),
	} {
		t.Run(build, func(t *testing.T) {
			s := golden(t, build)
			if !slices.Equal(s.Rows(), goldenRows) || s.Workers() != 2 {
				t.Fatalf("%d workers with rows %v", s.Workers(), s.Rows())
			}
			next := create(t, 3) // which has these rows in other places
			NewPast(s, next).Absorb()
			NewPast(s, next).Absorb()
			for row, into := range map[int]int{0: 0, 1: 3} {
				checkGolden(t, s, next, memory, row, into)
			}
		})
	}
}

// checkGolden compares the sums of a row with what stands in it, and with what has been carried over into the row into of next.
func checkGolden(t *testing.T, s, next *Stats, memory []string, row, into int) {
	t.Helper()
	for c := range counter.Count {
		var want uint64
		if place := slices.Index(memory, c.String()); place >= 0 {
			want = uint64(4*(1+place+100*row) + 10000*(0+1+2+3))
		}
		if got, carried := s.Total(row, c), next.Total(into, c); got != want || carried != want {
			t.Errorf("row %d: %v is %d, and %d when it is carried over; want %d", row, c, got, carried, want)
		}
	}
	if sessions, idle := s.SessionsNow(row), s.IdleNow(row); sessions != int64(11+20*row) || idle != int64(3+20*row) {
		t.Errorf("row %d: %d sessions and %d idle connections", row, sessions, idle)
	}
}

// FuzzSegment: a segment with any bytes behind its header is refused, or all of it can be read.
func FuzzSegment(f *testing.F) {
	for _, build := range []string{"former", "present", "more", "less"} {
		all, err := os.ReadFile(filepath.Join("testdata", build+".segment"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(all[shm.HeaderSize:])
		f.Add(all[shm.HeaderSize : len(all)/2])
	}
	f.Add([]byte{})
	f.Add(make([]byte, tableAt-1))
	f.Fuzz(func(t *testing.T, body []byte) {
		fd := memoryOf(t, append(headOf(t, len(body)), body...))
		s, err := Open(fd)
		if err != nil {
			if err := unix.Close(fd); err != nil {
				t.Error(err)
			}
			return
		}
		defer s.Close()
		readAll(t, s)
	})
}

// headOf is the header of a segment of counters with that many bytes behind it.
func headOf(t testing.TB, size int) []byte {
	t.Helper()
	segment, err := shm.Create("test", kind, version, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer segment.Close()
	head := make([]byte, shm.HeaderSize)
	if _, err := unix.Pread(segment.FD(), head, 0); err != nil {
		t.Fatal(err)
	}
	binary.NativeEndian.PutUint64(head[16:], uint64(shm.HeaderSize+size))
	return head
}
