//go:build linux

package tests

import (
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// The former build upgrades into the present one and back, under load: no request fails, no connection breaks, nothing is forgotten.
// Whoever changes what generations tell each other, or the memory that they share, finds out here what that means for those who
// upgrade, and for those who want the former build back.
func TestUpgradeBetweenBuilds(t *testing.T) {
	t.Parallel()
	x := startBetweenBuilds(t, formerRelease(t), newRelease(t, "present", product()))
	x.openLongLived() // in the first generation, of the former build
	x.upgrade()
	x.openLongLived() // and in the second, of the present one: both have long-lived connections until the end
	for range 4 {
		x.upgrade()
	}
	x.end()
}

// betweenBuilds is an lbmaster that goes from one build to the other and back, and everybody who is connected to it meanwhile.
type betweenBuilds struct {
	*instance
	site      site
	releases  [2]release // the first one runs the odd generations
	number    int        // of the newest generation
	origins   []*origin
	meter     *meter
	ledger    *ledger
	crowd     *crowd // of web
	waiting   *crowd // of narrow: most of them wait to be let in
	dialed    atomic.Int64
	asked     int64         // requests to web that are none of the crowd's
	refused   int64         // and those that were not understood
	idle      []*idleClient // those of narrow are the last ones
	longLived []*longLived
	states    []string // of webC and webD
	shapes    []shape  // of the generations from the second on
	heard     int      // bytes of the log that have been looked at
}

// idleClient is a client that keeps its connection, which is idle most of the time.
type idleClient struct {
	*raw
	path, server string // what it asks for, and who answers
}

// longLived are the connections that stay with the generation to which they came: an upgraded one through each frontend of mode http, and
// one that is relayed.
type longLived struct {
	generation int
	lines      []*raw
}

const (
	narrowLimit  = 7 // maxconn of narrow
	narrowIdle   = 2
	crowdTalkers = 4 // clients of a crowd that stay with their generation
)

func (s *site) narrow() string { return s.place.addr(3, 8080) }
func (s *site) relay() string  { return s.place.addr(4, 9000) }

// startBetweenBuilds starts the first of two releases, and then the clients.
func startBetweenBuilds(t *testing.T, first, second release) *betweenBuilds {
	t.Helper()
	s, origins := newSite(t, 4)
	s.servers = append(s.servers, target{"webE", s.place.server(4), ""}) // nobody is there
	for i := range s.servers {
		s.servers[i].extra += "\n" + checked(50*time.Millisecond, "")
	}
	s.global = `upgrade_timeout = "50s"` // a busy machine is no reason
	s.workers, s.listen, s.timeout = 2, insertCookie, `{ connect = "10s", client = "5m", server = "5m", check = "10s" }`
	s.tail = fmt.Sprintf(`
[listen.narrow]
bind = %q
mode = "http"
maxconn = %d
timeout = %s
server = [{ name = "meter", address = %q }]
[listen.relay]
bind = %q
mode = "tcp"
timeout = %[3]s
server = [{ name = "echo", address = %[6]q }]
`, s.narrow(), narrowLimit, s.timeout, s.place.server(5), s.relay(), s.place.server(6))
	s.withAdmin(t)
	startTeller(t, "tcp", s.place.server(6))
	x := &betweenBuilds{site: s, releases: [2]release{first, second}, number: 1, origins: origins, meter: startMeter(t, s.place.server(5))}
	x.instance = instanceOf(t, launchBy(t, s.place, s.text(), func(argv []string, env ...string) (*rig.Process, error) {
		if err := install(first.program, argv[0]); err != nil {
			return nil, err
		}
		return rig.Start("lbmaster", argv, env...)
	}))
	x.awaitReady()
	for i, status := range []string{"UP", "UP", "UP", "UP", "DOWN"} {
		s.awaitStatus(t, "web/"+s.servers[i].name, status)
	}
	x.heard = len(x.Stderr.String()) // when it comes up it says that webE is down
	x.arrive()
	return x
}

// arrive starts the clients.
func (x *betweenBuilds) arrive() {
	x.t.Helper()
	x.order("MAINT", "DRAIN")
	x.ledger = startLedger(x.t, x.site)
	x.crowd = startCrowdBy(x.t, x.dial, x.place.front(), 16, 100*time.Millisecond, 300*time.Millisecond)
	for i := range 8 {
		x.idle = append(x.idle, &idleClient{x.call(), "/", x.origins[i%2].name})
	}
	for range narrowIdle {
		x.idle = append(x.idle, &idleClient{dial(x.t, x.site.narrow()), "/idle", "meter"})
	}
	x.askEverybody()
	x.waiting = startWaitingCrowd(x.t, x.site.narrow(), narrowLimit+5)
}

// dial opens a connection of the crowd's, and counts it.
func (x *betweenBuilds) dial(network, addr string, limit time.Duration) (net.Conn, error) {
	c, err := net.DialTimeout(network, addr, limit)
	if err == nil {
		x.dialed.Add(1)
	}
	return c, err
}

// call opens a connection to web, and counts it.
func (x *betweenBuilds) call() *raw {
	x.t.Helper()
	x.dialed.Add(1)
	return dial(x.t, x.place.front())
}

// of is the release that a generation runs.
func (x *betweenBuilds) of(generation int) release { return x.releases[(generation+1)%2] }

// about is the newest generation, for messages: which build it is, and after which it came.
func (x *betweenBuilds) about() string {
	if x.number == 1 {
		return fmt.Sprintf("generation 1, of the %s build", x.of(1).name)
	}
	return fmt.Sprintf("generation %d, of the %s build, after the %s one", x.number, x.of(x.number).name, x.of(x.number-1).name)
}

func (x *betweenBuilds) errorf(format string, args ...any) {
	x.t.Helper()
	x.t.Errorf(x.about()+": "+format, args...)
}

// openLongLived opens connections that stay with the newest generation.
func (x *betweenBuilds) openLongLived() {
	x.t.Helper()
	s := &longLived{generation: x.number}
	for _, c := range []*raw{x.call(), dial(x.t, x.site.narrow())} {
		c.send(upgradeRequest)
		if a := c.answer("GET"); a.StatusCode != 101 {
			x.t.Fatalf("status %d for an upgrade", a.StatusCode)
		}
		s.lines = append(s.lines, c)
	}
	c := dial(x.t, x.site.relay())
	c.expect(x.place.server(6) + " from 127.0.0.1\n")
	s.lines = append(s.lines, c)
	x.longLived = append(x.longLived, s)
	x.meter.room.Store(int64(narrowLimit - narrowIdle - len(x.longLived)))
}

// upgrade puts the other build in the place of this one, begins a generation of it, and proves that all goes on.
func (x *betweenBuilds) upgrade() {
	x.t.Helper()
	x.install(x.of(x.number + 1).program)
	x.ledger.cross(true)
	x.replace()
	x.checkGenerations() // before an idle client says a word
	x.ledger.cross(false)
	x.checkServers()
	x.askEverybody()
	x.sayNonsense()
	x.crowd.progress(200)
	x.checkLimit()
	x.checkDescriptors()
	x.checkLog()
	// What is set in this generation is for the next one to keep.
	x.order(x.states[1], x.states[0])
	x.askEverybody()
	if x.t.Failed() {
		x.t.FailNow() // what follows would only be more of it
	}
}

// replace upgrades. Where versions do not fit, the next master refuses, and this one goes on: who has changed them is told what to do.
func (x *betweenBuilds) replace() {
	x.t.Helper()
	before := x.master
	if err := rig.Kill(before, syscall.SIGUSR2); err != nil {
		x.t.Fatal(err)
	}
	var masters []int
	failed := func() bool { return x.Stderr.Has("did not come up") }
	over := func() bool {
		masters = x.masters()
		return failed() || len(masters) == 1 && masters[0] != before
	}
	done := rig.Until(fatal, over)
	from, to := x.of(x.number).name, x.of(x.number+1).name
	switch {
	case failed():
		x.t.Fatalf("the %s build does not take over from the %s one:\n%s\n"+
			"Have a look at the versions: Version and the State (master/succession/wire.go), Version and the messages (shared/control), and "+
			"those of the segments (shared/stats, shared/status). Who runs the former build (tests/%s) upgrades without a break, and may go "+
			"back. If that is to be given up, say so in docs/operation.md, and move the commit with the release",
			to, from, x.line("did not come up"), pin)
	case !done:
		x.t.Fatalf("from the %s build to the %s one: masters %v; it said:\n%s", from, to, masters, x.Said())
	}
	x.master = masters[0]
	x.number++
	x.t.Log(x.about())
}

// order sets the states of webC and webD.
func (x *betweenBuilds) order(states ...string) {
	x.t.Helper()
	x.states = states
	for i, state := range states {
		server := "web/" + x.origins[2+i].name
		command := map[string]string{"MAINT": "disable server " + server, "DRAIN": "set server " + server + " state drain"}[state]
		if answer := tell(x.t, x.site.socket, command); answer != "\n" {
			x.errorf("%s: %q", command, answer)
		}
	}
	x.checkServers()
}

// end sends everybody home, and compares what was counted on all sides.
func (x *betweenBuilds) end() {
	x.t.Helper()
	x.crowd.end()
	x.waiting.end()
	x.crowd.check(x.t)
	if len(x.waiting.failures) > 0 {
		x.t.Errorf("%d clients of narrow failed: %s", len(x.waiting.failures), x.waiting.failures[0])
	}
	for _, s := range x.longLived {
		for _, c := range s.lines {
			if err := c.CloseWrite(); err != nil {
				x.t.Error(err)
			}
			c.closedInOrder()
		}
	}
	x.longLived = nil
	x.checkGenerations()
	for _, g := range x.idle {
		g.Close()
	}
	x.checkCounters()
	x.ledger.close()
	x.ledger.check(20 * x.number)
	x.checkLog()
}
