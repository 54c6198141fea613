package stats

import (
	"reflect"
	"sync"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

var testRows = []Row{{Kind: Worker}, {Kind: Frontend, Proxy: "web"}, {Kind: Backend, Proxy: "web"}, {Kind: Server, Proxy: "web", Server: "a"}}

func create(t *testing.T, workers int) *Stats {
	t.Helper()
	s, err := Create(testRows, workers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func reopen(t *testing.T, s *Stats) *Stats {
	t.Helper()
	fd, err := unix.FcntlInt(uintptr(s.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(fd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	return again
}

func TestShared(t *testing.T) {
	s := create(t, 3)
	other := reopen(t, s)
	if !reflect.DeepEqual(other.Rows(), testRows) || !reflect.DeepEqual(other.Columns(), s.Columns()) || other.Workers() != 3 {
		t.Errorf("the other mapping has %v, %v, %d workers", other.Rows(), other.Columns(), other.Workers())
	}
	for w := range 3 {
		other.Counters(w, 1).Requests.Add(uint64(w + 1))
		other.Gauges(w, 1).Sessions.Add(10)
	}
	if n := s.Total(1, 0); n != 6 {
		t.Errorf("total %d, want 6", n)
	}
	if n := s.SessionsNow(1); n != 30 {
		t.Errorf("%d sessions, want 30", n)
	}
	if n := s.SessionsNow(0) + s.SessionsNow(2); n != 0 {
		t.Errorf("%d sessions in other rows", n)
	}
}

// TestColumns: every counter has a column, and a name of its own.
func TestColumns(t *testing.T) {
	c := &Counters{}
	seen := make(map[*Counter]bool)
	names := make(map[string]bool)
	for _, column := range columns {
		seen[column.at(c)] = true
		names[column.name] = true
	}
	v := reflect.ValueOf(c).Elem()
	counters := 0
	for i := range v.NumField() {
		if v.Type().Field(i).Name == "_" {
			continue
		}
		if p, ok := v.Field(i).Addr().Interface().(*Counter); ok {
			counters++
			if !seen[p] {
				t.Errorf("%s has no column", v.Type().Field(i).Name)
			}
		}
	}
	if counters != len(columns) || counters != len(names) {
		t.Errorf("%d counters, %d columns, %d names", counters, len(columns), len(names))
	}
}

// TestCacheLines: no two workers and no two groups share one.
func TestCacheLines(t *testing.T) {
	if unsafe.Sizeof(cell{})%line != 0 || unsafe.Offsetof(Counters{}.Sessions) != line || unsafe.Offsetof(Counters{}.ResponsesOther) != 2*line {
		t.Errorf("a cell has %d bytes, groups begin at %d and %d", unsafe.Sizeof(cell{}), unsafe.Offsetof(Counters{}.Sessions), unsafe.Offsetof(Counters{}.ResponsesOther))
	}
	if at := uintptr(unsafe.Pointer(create(t, 1).Counters(0, 0))); at%line != 0 {
		t.Errorf("the first cell is at %#x", at)
	}
}

// TestWorkerDies: its connections are forgotten, its counts are not, and the next worker of the slot goes on with them.
func TestWorkerDies(t *testing.T) {
	s := create(t, 2)
	for w := range 2 {
		s.Counters(w, 3).Requests.Add(5)
		s.Gauges(w, 3).Sessions.Add(2)
		s.Gauges(w, 3).Idle.Add(2)
	}
	s.Vacate(0)
	if s.Total(3, 0) != 10 || s.SessionsNow(3) != 2 || s.Gauges(0, 3).Idle.Load() != 0 {
		t.Errorf("total %d, sessions %d", s.Total(3, 0), s.SessionsNow(3))
	}
	reopen(t, s).Counters(0, 3).Requests.Add(1)
	if n := s.Total(3, 0); n != 11 {
		t.Errorf("total %d, want 11", n)
	}
}

// TestTotalsNeverGoBack reads while workers write, die and come back.
func TestTotalsNeverGoBack(t *testing.T) {
	s := create(t, 2)
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			for range 20000 {
				s.Counters(w, 1).Requests.Add(1)
			}
			s.Vacate(w)
		})
	}
	var last uint64
	for last < 40000 {
		now := s.Total(1, 0)
		if now < last {
			t.Fatalf("%d after %d", now, last)
		}
		last = now
	}
	writers.Wait()
}

// TestMonitor: its slab is one of its own, and is part of the totals.
func TestMonitor(t *testing.T) {
	s := create(t, 2)
	again := reopen(t, s)
	again.Counters(again.Monitor(), 3).Downs.Add(1)
	again.Counters(1, 3).Requests.Add(2)
	again.Gauges(1, 3).Idle.Add(4)
	var sum Counters
	s.Sum(3, &sum)
	if sum.Downs.Load() != 1 || sum.Requests.Load() != 2 || s.Counters(0, 3).Downs.Load()+s.Counters(1, 3).Downs.Load() != 0 {
		t.Errorf("%d times down, %d requests", sum.Downs.Load(), sum.Requests.Load())
	}
	if n := s.IdleNow(3); n != 4 {
		t.Errorf("%d idle connections, want 4", n)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	s := create(t, 8)
	var sum Counters
	if n := testing.AllocsPerRun(100, func() {
		s.Counters(1, 1).Requests.Add(1)
		s.Gauges(1, 1).Sessions.Add(1)
		s.SessionsNow(1)
		s.Sum(1, &sum)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(0); err == nil {
		t.Error("standard input was taken for counters")
	}
}
