package stats

import (
	"encoding/json"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/shared/counter"
	"lbmaster/shared/shm"
)

// foreign is a segment that another build has made, with these counters in its memory, and 10 times its place in each of them, in each
// slab of the two workers; with said, the segment says their order.
func foreign(t *testing.T, memory []string, said bool) *Stats {
	t.Helper()
	l := layout{n: len(memory)}
	described := table{Workers: 2, Columns: slices.Sorted(slices.Values(memory)), Rows: testRows}
	if said {
		described.Memory = memory
	}
	text, err := json.Marshal(described)
	if err != nil {
		t.Fatal(err)
	}
	fd := segmentOf(t, text, uint64(l.size()), (2+extra)*len(testRows)*l.size())
	segment, err := shm.Open(dup(t, fd), kind, version)
	if err != nil {
		t.Fatal(err)
	}
	defer segment.Close()
	words := shm.Slice[uint64](segment, cellsAt(len(text)), (2+extra)*len(testRows)*l.words())
	for i := range 2 * len(testRows) {
		for at := range memory {
			words[i*l.words()+at] = uint64(10 * (at + 1))
		}
		words[i*l.words()+l.gauges()] = 3 // sessions
	}
	s, err := Open(fd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// segmentOf is the descriptor of a segment with that table, size of a cell, and room.
func segmentOf(t testing.TB, text []byte, cell uint64, room int) int {
	t.Helper()
	segment, err := shm.Create("test", kind, version, cellsAt(len(text))+room)
	if err != nil {
		t.Fatal(err)
	}
	*shm.At[sizes](segment, 0) = sizes{uint64(len(text)), cell}
	copy(shm.Slice[byte](segment, tableAt, len(text)), text)
	fd, err := segment.Release()
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func dup(t *testing.T, fd int) int {
	t.Helper()
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestOtherBuilds: what a build counts that has one counter more, one less, or another order, is read by name, and carried over once.
func TestOtherBuilds(t *testing.T) {
	all := ours.names()
	reversed := slices.Clone(all)
	slices.Reverse(reversed)
	for _, tt := range []struct {
		name   string
		memory []string
		said   bool
	}{
		{"the one before the order was said", all[:unsaid], false},
		{"the same", all, true},
		{"one more in front", append([]string{"of_tomorrow"}, all...), true},
		{"nine more at the end", append(slices.Clone(all), "a", "b", "c", "d", "e", "f", "g", "h", "i"), true},
		{"one less", slices.Delete(slices.Clone(all), int(counter.BytesOut), int(counter.BytesOut)+1), true},
		{"another order", reversed, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := foreign(t, tt.memory, tt.said)
			next := create(t, 1)
			for range 2 {
				NewPast(s, next).Absorb()
			}
			var got, carried [counter.Count]uint64
			s.Totals(1, &got)
			next.Totals(1, &carried)
			for c := range counter.Count {
				want := 2 * 10 * uint64(slices.Index(tt.memory, c.String())+1)
				if got[c] != want || carried[c] != want {
					t.Errorf("%v is %d, and %d when it is carried over; want %d", c, got[c], carried[c], want)
				}
			}
			if n := s.SessionsNow(1); n != 6 {
				t.Errorf("%d sessions, want 6", n)
			}
			if s.Vacate(1); s.SessionsNow(1) != 3 {
				t.Errorf("%d sessions without one worker, want 3", s.SessionsNow(1))
			}
		})
	}
}

// TestTable is the description that other builds read: it may get more, but keeps what it has.
func TestTable(t *testing.T) {
	s := create(t, 1)
	size := *shm.At[sizes](s.segment, 0)
	const want = `{"Workers":1,"Columns":["requests","bytes_in","bytes_out","responses_1xx","responses_2xx","responses_3xx","responses_4xx",` +
		`"responses_5xx","sessions","connects","reuses","balanced","answered","connect_time","response_time","total_time",` +
		`"responses_other","request_errors","connect_errors","response_errors","retries","redispatches","client_aborts","server_aborts",` +
		`"logs_dropped","check_failures","downs","down_time","worker_deaths","monitor_deaths","upgrades","failed_upgrades"`
	if text := string(shm.Slice[byte](s.segment, tableAt, int(size.table))); len(text) < len(want) || text[:len(want)] != want {
		t.Errorf("the table begins with\n%s\nand not with\n%s\nSegments of the build before this one are read in this order (unsaid)", text, want)
	}
}

// FuzzOpen: whatever a segment says of itself, Open refuses it, or all of it can be read.
func FuzzOpen(f *testing.F) {
	for _, text := range []string{
		`{"Workers":1,"Rows":[{}]}`, `{"Workers":-1}`, `{"Workers":4611686018427387904,"Rows":[{},{}]}`, `{"Memory":["a","a","requests"],"Rows":[{}]}`, `{`,
		`{"Workers":65536,"Rows":[{},{},{}]}`,
	} {
		f.Add([]byte(text), uint64(320), uint16(4096))
	}
	f.Add([]byte(`{"Workers":1,"Memory":["requests"],"Rows":[{}]}`), uint64(128), uint16(512))
	f.Fuzz(func(t *testing.T, text []byte, cell uint64, room uint16) {
		fd := segmentOf(t, text, cell, int(room)/8*8)
		s, err := Open(fd)
		if err != nil {
			unix.Close(fd)
			return
		}
		defer s.Close()
		readAll(t, s)
	})
}

// readAll does with a segment whatever is done with that of another build.
func readAll(t *testing.T, s *Stats) {
	for row := range s.Rows() {
		var all [counter.Count]uint64
		s.Totals(row, &all)
		s.SessionsNow(row)
		s.IdleNow(row)
	}
	s.Vacate(0)
	NewPast(s, create(t, 1)).Absorb()
}
