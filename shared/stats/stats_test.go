package stats

import (
	"reflect"
	"sync"
	"testing"
	"unsafe"

	"lbmaster/shared/counter"

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
	if !reflect.DeepEqual(other.Rows(), testRows) || !reflect.DeepEqual(other.layout, s.layout) || other.Workers() != 3 {
		t.Errorf("the other mapping has %v, %v, %d workers", other.Rows(), other.layout, other.Workers())
	}
	for w := range 3 {
		other.Counters(w, 1)[counter.Requests].Add(uint64(w + 1))
		other.Gauges(w, 1).Sessions.Add(10)
	}
	if n := s.Total(1, counter.Requests); n != 6 {
		t.Errorf("total %d, want 6", n)
	}
	if n := s.SessionsNow(1); n != 30 {
		t.Errorf("%d sessions, want 30", n)
	}
	if n := s.SessionsNow(0) + s.SessionsNow(2); n != 0 {
		t.Errorf("%d sessions in other rows", n)
	}
}

// TestCacheLines: no two workers and no two groups share one.
func TestCacheLines(t *testing.T) {
	if ours.size()%line != 0 || counter.Sessions%perLine != 0 || counter.ResponsesOther%perLine != 0 {
		t.Errorf("a cell has %d bytes, groups begin with counters %d and %d", ours.size(), counter.Sessions, counter.ResponsesOther)
	}
	if unsafe.Sizeof(Gauges{}) != line || unsafe.Sizeof(Counters{}) > uintptr(ours.gauges()*wordSize) {
		t.Errorf("gauges of %d bytes behind counters of %d, at %d", unsafe.Sizeof(Gauges{}), unsafe.Sizeof(Counters{}), ours.gauges()*wordSize)
	}
	s := create(t, 1)
	for _, at := range []uintptr{uintptr(unsafe.Pointer(s.Counters(0, 0))), uintptr(unsafe.Pointer(s.Gauges(0, 1)))} {
		if at%line != 0 {
			t.Errorf("a group is at %#x", at)
		}
	}
}

// TestWorkerDies: its connections are forgotten, its counts are not, and the next worker of the slot goes on with them.
func TestWorkerDies(t *testing.T) {
	s := create(t, 2)
	for w := range 2 {
		s.Counters(w, 3)[counter.Requests].Add(5)
		s.Gauges(w, 3).Sessions.Add(2)
		s.Gauges(w, 3).Idle.Add(2)
	}
	s.Vacate(0)
	if s.Total(3, counter.Requests) != 10 || s.SessionsNow(3) != 2 || s.Gauges(0, 3).Idle.Load() != 0 {
		t.Errorf("total %d, sessions %d", s.Total(3, counter.Requests), s.SessionsNow(3))
	}
	reopen(t, s).Counters(0, 3)[counter.Requests].Add(1)
	if n := s.Total(3, counter.Requests); n != 11 {
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
				s.Counters(w, 1)[counter.Requests].Add(1)
			}
			s.Vacate(w)
		})
	}
	var last uint64
	for last < 40000 {
		now := s.Total(1, counter.Requests)
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
	again.Counters(again.Monitor(), 3)[counter.Downs].Add(1)
	again.Counters(1, 3)[counter.Requests].Add(2)
	again.Gauges(1, 3).Idle.Add(4)
	var sum [counter.Count]uint64
	s.Totals(3, &sum)
	if sum[counter.Downs] != 1 || sum[counter.Requests] != 2 || s.Counters(0, 3)[counter.Downs].Load()+s.Counters(1, 3)[counter.Downs].Load() != 0 {
		t.Errorf("%d times down, %d requests", sum[counter.Downs], sum[counter.Requests])
	}
	if n := s.IdleNow(3); n != 4 {
		t.Errorf("%d idle connections, want 4", n)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	s := create(t, 8)
	var sum [counter.Count]uint64
	if n := testing.AllocsPerRun(100, func() {
		s.Counters(1, 1)[counter.Requests].Add(1)
		s.Gauges(1, 1).Sessions.Add(1)
		s.SessionsNow(1)
		s.Totals(1, &sum)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(0); err == nil {
		t.Error("standard input was taken for counters")
	}
}
