//go:build linux

package tests

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"lbmaster/tools/rig"
)

// checkGenerations proves that the newest generation is of the right build, and that of the others those live which have long-lived
// connections, and have no others: all idle connections have moved.
func (x *betweenBuilds) checkGenerations() {
	x.t.Helper()
	type life struct {
		state, version string
		connections    int // of one that drains
	}
	want := map[int]life{x.number: {"active", x.of(x.number).version, 0}}
	for i, s := range x.longLived {
		n := len(s.lines)
		if i == 0 {
			n += crowdTalkers
		}
		want[s.generation] = life{"draining", x.of(s.generation).version, n}
	}
	var got map[int]life
	ok := soon(func() bool {
		got = make(map[int]life)
		for line := range strings.Lines(tell(x.t, x.site.socket, "show generations")) {
			var n int
			var g life
			if read, _ := fmt.Sscan(line, &n, &g.state); read == 2 {
				words := strings.Fields(line)
				g.version = words[len(words)-1]
				got[n] = g
			}
		}
		processes := 2 // the master and its monitor
		for line := range strings.Lines(tell(x.t, x.site.socket, "show workers")) {
			var slot, pid, n, since, connections int
			var state string
			if read, _ := fmt.Sscan(line, &slot, &pid, &n, &state, &since, &connections); read == 6 {
				if g := got[n]; g.state == "draining" {
					g.connections += connections
					got[n] = g
				}
				processes++
			}
		}
		return maps.Equal(got, want) && processes == len(x.processes())
	})
	if !ok {
		x.errorf("generations %v, want %v; there are the processes %v, and show workers says\n%s", got, want, x.processes(), tell(x.t, x.site.socket, "show workers"))
	}
}

// checkServers proves that the servers are in the states that they were in.
func (x *betweenBuilds) checkServers() {
	x.t.Helper()
	all := x.site.stats(x.t)
	want, got := append([]string{"UP", "UP"}, append(x.states, "DOWN")...), []string(nil)
	for _, server := range x.site.servers {
		state, _, _ := strings.Cut(all["web/"+server.name]["status"], " ") // without the count of checks
		got = append(got, state)
	}
	if !slices.Equal(got, want) {
		x.errorf("the servers are %q, want %q", got, want)
	}
}

// checkLimit proves that narrow is full, and not fuller than it may be, over all generations.
func (x *betweenBuilds) checkLimit() {
	x.t.Helper()
	x.meter.most.Store(0)
	if room := x.meter.room.Load(); !soon(func() bool { return x.meter.most.Load() >= room }) {
		x.errorf("%d clients get in at the same time, want %d", x.meter.most.Load(), room)
	}
	if n := x.meter.over.Load(); n > 0 {
		x.errorf("maxconn was exceeded %d times, by %d at most", n, x.meter.by.Load())
	}
}

// shape is the descriptors that a generation holds for itself and for others, but for connections.
type shape struct {
	master   int
	children int // those that are neither sockets nor pipes
}

func (x *betweenBuilds) shape() shape {
	s := shape{master: rig.CountFDs(x.master)}
	for _, pid := range rig.Children(x.master) {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, link := range links {
			if is, err := os.Readlink(link); err == nil && !strings.HasPrefix(is, "socket:") && !strings.HasPrefix(is, "pipe:") {
				s.children++
			}
		}
	}
	return s
}

// checkDescriptors proves that a generation holds no more than the one before it of the same build. From the fourth on each has inherited three:
// the two that have long-lived connections, and the one before it. What the former build holds is not to be changed any more.
func (x *betweenBuilds) checkDescriptors() {
	x.t.Helper()
	now := x.shape()
	if x.number >= 6 {
		last := x.shapes[len(x.shapes)-2]
		if !soon(func() bool { now = x.shape(); return now.master <= last.master && now.children <= last.children }) {
			x.errorf("descriptors %+v, in generation %d %+v", now, x.number-2, last)
		}
	}
	x.shapes = append(x.shapes, now)
}

// expected is what may be said: what every upgrade says, what becomes of the servers that the test puts into other states, and that a
// busy machine lets somebody wait.
var expected = regexp.MustCompile(`^time=\S+ level=INFO msg=("beginning the next generation"|"the next generation has taken over"|` +
	`listening|ready|"generation has ended") |` +
	`^time=\S+ level=WARN msg="this process, or the whole machine, stood still: nobody is late for that" |` +
	`^lbmaster: monitor: \w+: Server web/web[CD] (is going DOWN for maintenance|enters drain state|is UP/DRAIN \(leaving forced maintenance\)|` +
	`remains in forced drain mode)\.`)

// checkLog proves that nothing else has been said since the last time.
func (x *betweenBuilds) checkLog() {
	x.t.Helper()
	said := x.Stderr.String()[x.heard:]
	said = said[:strings.LastIndexByte(said, '\n')+1]
	x.heard += len(said)
	for line := range strings.Lines(said) {
		if !expected.MatchString(line) {
			x.errorf("it says %q", line)
		}
	}
}
