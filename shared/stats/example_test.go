package stats_test

import (
	"fmt"

	"golang.org/x/sys/unix"

	"lbmaster/shared/counter"
	"lbmaster/shared/stats"
)

// Each process maps the same memory, and adds to its own slab; a total is the sum over all.
func Example() {
	s, err := stats.Create([]stats.Row{{Kind: stats.Worker}, {Kind: stats.Frontend, Proxy: "web"}}, 2)
	if err != nil {
		panic(err)
	}
	defer s.Close()
	s.Counters(0, 1)[counter.Requests].Add(3) // worker 0

	fd, err := unix.FcntlInt(uintptr(s.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		panic(err)
	}
	other, err := stats.Open(fd) // as worker 1 does
	if err != nil {
		panic(err)
	}
	defer other.Close()
	other.Counters(1, 1)[counter.Requests].Add(4)
	other.Gauges(1, 1).Sessions.Add(1)

	fmt.Println(s.Total(1, counter.Requests), s.SessionsNow(1))
	s.Vacate(1) // it has died: its counters stay
	fmt.Println(s.Total(1, counter.Requests), s.SessionsNow(1))
	// Output:
	// 7 1
	// 7 0
}
