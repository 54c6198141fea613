//go:build linux

package tests

import (
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
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
	x := newCrossing(t, formerEdition(t), newEdition(t, "present", product()))
	x.settle() // in the first generation, of the former build
	x.cross()
	x.settle() // and in the second, of the present one: both have somebody until the end
	for range 4 {
		x.cross()
	}
	x.end()
}

// crossing is an lbmaster that goes from one build to the other and back, and everybody who is connected to it meanwhile.
type crossing struct {
	*instance
	site     site
	editions [2]edition // the first one runs the odd generations
	number   int        // of the newest generation
	origins  []*origin
	gate     *gate
	ledger   *ledger
	crowd    *crowd // of web
	throng   *crowd // of narrow: most of them wait to be let in
	dialed   atomic.Int64
	asked    int64    // requests to web that are none of the crowd's
	refused  int64    // and those that were not understood
	guests   []*guest // those of narrow are the last ones
	settlers []*settler
	states   []string // of webC and webD
	shapes   []shape  // of the generations from the second on
	heard    int      // bytes of the log that have been looked at
}

// guest is a client that keeps its connection, which is idle most of the time.
type guest struct {
	*raw
	path, server string // what it asks for, and who answers
}

// settler is who stays with the generation to which it came: an upgraded connection through each frontend of mode http, and one that
// is relayed.
type settler struct {
	generation int
	lines      []*raw
}

const (
	narrowLimit  = 7 // maxconn of narrow
	narrowGuests = 2
	crowdTalkers = 4 // clients of a crowd that stay with their generation
)

func (s *site) narrow() string { return s.place.addr(3, 8080) }
func (s *site) relay() string  { return s.place.addr(4, 9000) }

// newCrossing starts the first of two editions, and then the clients.
func newCrossing(t *testing.T, first, second edition) *crossing {
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
server = [{ name = "gate", address = %q }]
[listen.relay]
bind = %q
mode = "tcp"
timeout = %[3]s
server = [{ name = "echo", address = %[6]q }]
`, s.narrow(), narrowLimit, s.timeout, s.place.server(5), s.relay(), s.place.server(6))
	s.withAdmin(t)
	startTeller(t, "tcp", s.place.server(6))
	x := &crossing{site: s, editions: [2]edition{first, second}, number: 1, origins: origins, gate: openGate(t, s.place.server(5))}
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
func (x *crossing) arrive() {
	x.t.Helper()
	x.order("MAINT", "DRAIN")
	x.ledger = startLedger(x.t, x.site)
	x.crowd = startCrowdBy(x.t, x.dial, x.place.front(), 16, 100*time.Millisecond, 300*time.Millisecond)
	for i := range 8 {
		x.guests = append(x.guests, &guest{x.call(), "/", x.origins[i%2].name})
	}
	for range narrowGuests {
		x.guests = append(x.guests, &guest{dial(x.t, x.site.narrow()), "/idle", "gate"})
	}
	x.greet()
	x.throng = startThrong(x.t, x.site.narrow(), narrowLimit+5)
}

// dial opens a connection of the crowd's, and counts it.
func (x *crossing) dial(network, addr string, limit time.Duration) (net.Conn, error) {
	c, err := net.DialTimeout(network, addr, limit)
	if err == nil {
		x.dialed.Add(1)
	}
	return c, err
}

// call opens a connection to web, and counts it.
func (x *crossing) call() *raw {
	x.t.Helper()
	x.dialed.Add(1)
	return dial(x.t, x.place.front())
}

// of is the edition that a generation runs.
func (x *crossing) of(generation int) edition { return x.editions[(generation+1)%2] }

// about is the newest generation, for messages: which build it is, and after which it came.
func (x *crossing) about() string {
	if x.number == 1 {
		return fmt.Sprintf("generation 1, of the %s build", x.of(1).name)
	}
	return fmt.Sprintf("generation %d, of the %s build, after the %s one", x.number, x.of(x.number).name, x.of(x.number-1).name)
}

func (x *crossing) errorf(format string, args ...any) {
	x.t.Helper()
	x.t.Errorf(x.about()+": "+format, args...)
}

// settle has somebody stay with the newest generation.
func (x *crossing) settle() {
	x.t.Helper()
	s := &settler{generation: x.number}
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
	x.settlers = append(x.settlers, s)
	x.gate.room.Store(int64(narrowLimit - narrowGuests - len(x.settlers)))
}

// cross puts the other build in the place of this one, begins a generation of it, and proves that all goes on.
func (x *crossing) cross() {
	x.t.Helper()
	x.install(x.of(x.number + 1).program)
	x.ledger.cross(true)
	x.succeed()
	x.moved() // before anybody who is idle says a word
	x.ledger.cross(false)
	x.kept()
	x.greet()
	x.babble()
	x.crowd.progress(200)
	x.admits()
	x.holds()
	x.logs()
	// What is set in this generation is for the next one to keep.
	x.order(x.states[1], x.states[0])
	x.greet()
	if x.t.Failed() {
		x.t.FailNow() // what follows would only be more of it
	}
}

// succeed upgrades. Where versions do not fit, the next master refuses, and this one goes on: who has changed them is told what to do.
func (x *crossing) succeed() {
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

// moved proves that the newest generation is of the right build, and that of the others those live in which somebody has settled, and
// have nobody else: all idle connections have moved.
func (x *crossing) moved() {
	x.t.Helper()
	type life struct {
		state, version string
		connections    int // of one that drains
	}
	want := map[int]life{x.number: {"active", x.of(x.number).version, 0}}
	for i, s := range x.settlers {
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

// greet has everybody who is connected say something, on the connection that there was from the start, and hear it from the server that
// answered from the start. Who comes now gets to a server that takes him.
func (x *crossing) greet() {
	x.t.Helper()
	for _, g := range x.guests {
		a := g.get(g.path, 200, "Cookie: SERVERID="+strings.TrimPrefix(g.server, "web"))
		if a.server() != g.server || a.Close {
			x.errorf("an idle client of %s is answered by %s; the connection ends: %v", g.server, a.server(), a.Close)
		}
	}
	x.asked += int64(len(x.guests) - narrowGuests)
	for _, s := range x.settlers {
		for _, c := range s.lines {
			line := fmt.Sprintf("from generation %d in generation %d\n", s.generation, x.number)
			c.send(line)
			c.expect(line)
		}
	}
	for _, cookie := range []string{"", "", "", "C", "D"} {
		takers := []string{"webA", "webB"}
		for i, state := range x.states {
			if name := x.origins[2+i].name; state == "DRAIN" && name == "web"+cookie {
				takers = []string{name}
			}
		}
		c := x.call()
		a := c.get("/", 200, "Cookie: SERVERID="+cookie)
		c.Close()
		x.asked++
		if !slices.Contains(takers, a.server()) {
			x.errorf("a client with the cookie %q gets to %s instead of %v", cookie, a.server(), takers)
		}
	}
}

// babble says what nobody understands, so that there are errors to be counted.
func (x *crossing) babble() {
	x.t.Helper()
	c := x.call()
	c.send("GET / HTTP/1.1\r\n\r\n") // without Host
	if a := c.answer("GET"); a.StatusCode != 400 {
		x.errorf("status %d for a bad request", a.StatusCode)
	}
	c.Close()
	x.refused++
}

// order sets the states of webC and webD.
func (x *crossing) order(states ...string) {
	x.t.Helper()
	x.states = states
	for i, state := range states {
		server := "web/" + x.origins[2+i].name
		command := map[string]string{"MAINT": "disable server " + server, "DRAIN": "set server " + server + " state drain"}[state]
		if answer := tell(x.t, x.site.socket, command); answer != "\n" {
			x.errorf("%s: %q", command, answer)
		}
	}
	x.kept()
}

// kept proves that the servers are in the states that they were in.
func (x *crossing) kept() {
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

// admits proves that narrow is full, and not fuller than it may be, over all generations.
func (x *crossing) admits() {
	x.t.Helper()
	x.gate.most.Store(0)
	if room := x.gate.room.Load(); !soon(func() bool { return x.gate.most.Load() >= room }) {
		x.errorf("%d clients get in at the same time, want %d", x.gate.most.Load(), room)
	}
	if n := x.gate.over.Load(); n > 0 {
		x.errorf("maxconn was exceeded %d times, by %d at most", n, x.gate.by.Load())
	}
}

// shape is the descriptors that a generation holds for itself and for others, but for connections.
type shape struct {
	master   int
	children int // those that are neither sockets nor pipes
}

func (x *crossing) shape() shape {
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

// holds proves that a generation holds no more than the one before it of the same build. From the fourth on each has inherited three:
// the two in which somebody has settled, and the one before it. What the former build holds is not to be changed any more.
func (x *crossing) holds() {
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

// logs proves that nothing else has been said since the last time.
func (x *crossing) logs() {
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

// end sends everybody home, and compares what was counted on all sides.
func (x *crossing) end() {
	x.t.Helper()
	x.crowd.end()
	x.throng.end()
	x.crowd.check(x.t)
	if len(x.throng.failures) > 0 {
		x.t.Errorf("%d clients of narrow failed: %s", len(x.throng.failures), x.throng.failures[0])
	}
	for _, s := range x.settlers {
		for _, c := range s.lines {
			if err := c.CloseWrite(); err != nil {
				x.t.Error(err)
			}
			c.closedInOrder()
		}
	}
	x.settlers = nil
	x.moved()
	for _, g := range x.guests {
		g.Close()
	}
	x.counted()
	x.ledger.close()
	x.ledger.check(20 * x.number)
	x.logs()
}

// counted proves that the counters say what clients and servers have seen, over all generations.
func (x *crossing) counted() {
	x.t.Helper()
	upgraded := int64(crowdTalkers + 2) // and the settlers
	answered := x.crowd.posting.Load() + x.crowd.coming.Load() + x.crowd.uploading.Load() + x.asked
	want := map[string]int64{
		"web/FRONTEND stot":     x.dialed.Load(),
		"web/FRONTEND req_tot":  answered + upgraded + x.refused,
		"web/FRONTEND hrsp_2xx": answered,
		"web/FRONTEND hrsp_1xx": upgraded,
		"web/FRONTEND hrsp_4xx": x.refused,
		"web/FRONTEND hrsp_5xx": 0,
		"web/FRONTEND ereq":     x.refused,
		"web/FRONTEND scur":     0,
		"web/BACKEND stot":      answered + upgraded,
		"web/BACKEND hrsp_2xx":  answered,
		"web/BACKEND wretr":     0,
		"web/BACKEND eresp":     0,
		"web/webE stot":         0,
		"narrow/FRONTEND scur":  0,
		"relay/FRONTEND stot":   2,
		"relay/FRONTEND scur":   0,
	}
	for _, o := range x.origins {
		want["web/"+o.name+" stot"] = o.Stats().Requests
	}
	want["narrow/FRONTEND hrsp_2xx"] = x.throng.coming.Load() + narrowGuests*int64(1+2*(x.number-1))
	want["narrow/FRONTEND stot"] = x.throng.coming.Load() + narrowGuests + 2
	got := make(map[string]int64)
	all := func() bool { // a worker counts after it has answered
		rows := x.site.stats(x.t)
		for name := range want {
			row, column, _ := strings.Cut(name, " ")
			got[name] = rows[row].number(column)
		}
		return maps.Equal(got, want)
	}
	if !soon(all) {
		for name := range want {
			if got[name] != want[name] {
				x.errorf("%s is %d, want %d", name, got[name], want[name])
			}
		}
	}
	values, _ := samples(x.t, scrape(x.t, x.site.metrics()))
	for name, want := range map[string]float64{
		"lbmaster_upgrades_total":                                       float64(x.number - 1),
		"lbmaster_upgrade_failures_total":                               0,
		`haproxy_frontend_http_requests_total{proxy="web"}`:             float64(answered + upgraded + x.refused),
		`haproxy_frontend_http_responses_total{proxy="web",code="2xx"}`: float64(answered),
		`haproxy_frontend_sessions_total{proxy="narrow"}`:               float64(want["narrow/FRONTEND stot"]),
	} {
		if got, there := values[name]; !there || got != want {
			x.errorf("%s is %v, want %v", name, got, want)
		}
	}
}
