//go:build linux

package tests

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// The guide, section 4.1: a file on each server tells whether it takes new clients.
func TestSoftStopWithAFile(t *testing.T) { inBothLanguages(t, playSoftStopWithAFile) }

func playSoftStopWithAFile(t *testing.T, ending string) {
	f := newWebfarm(t, "section-4.1"+ending, `inter = "2s"`, `inter = "50ms"`, `connect = "5s"`, `connect = "5s", check = "5s"`)
	f.at("all run")
	f.newcomersGoTo("ABCD")
	f.staysOn("A")
	f.at("webA has lost its file")
	f.origins["A"].Remove("/running")
	f.board.awaitDown("webA")
	f.newcomersGoTo("BCD")
	f.staysOn("A")
	f.staysOn("B")
	f.at("webA is stopped")
	f.stop("A")
	f.newcomersGoTo("BCD")
	f.moves("A")
	f.at("webA runs again without the file")
	f.start("A", "/running")
	f.newcomersGoTo("BCD")
	f.staysOn("A")
	f.at("webA has its file again")
	f.origins["A"].Restore("/running")
	f.board.awaitUp("webA")
	f.newcomersGoTo("ABCD")
	f.staysOn("A")
	f.staysOn("B")
}

// The guide, section 4.1, limits: what a crash costs those who hold the server's cookie. A server that refuses is given
// two pauses of at most a second before the last try goes elsewhere; one that does not answer takes the connect timeout of
// every try but the last.
func TestCrashWithPersist(t *testing.T) { inBothLanguages(t, playCrashWithPersist) }

func playCrashWithPersist(t *testing.T, ending string) {
	const connect = 200 * time.Millisecond
	f := newWebfarm(t, "section-4.1"+ending, and(unchecked, `connect = "5s"`, `connect = "200ms"`)...)
	f.at("webA crashes")
	f.stop("A")
	f.takes(2*connect, func() { f.moves("A") })
	f.nobodyGoesTo("A")
	f.at("the crash is noticed")
	f.board.down("webA")
	f.newcomersGoTo("BCD")
	f.moves("A")
	f.at("webA is powered down")
	blackHole(t, f.origins["A"].addr)
	f.newcomersGoTo("BCD")
	f.takes(connect, func() { f.moves("A") })
	f.at("webA is powered down, which nobody has noticed")
	f.board.up("webA")
	f.takes(3*connect, func() { f.moves("A") })
	f.nobodyGoesTo("A")
}

// Without persist a cookie for a server that is down is not insisted on.
func TestSoftStopWithoutPersist(t *testing.T) { inBothLanguages(t, playSoftStopWithoutPersist) }

func playSoftStopWithoutPersist(t *testing.T, ending string) {
	f := newWebfarm(t, "section-4.1"+ending, and(unchecked, "persist = true", "persist = false")...)
	f.board.down("webA")
	f.newcomersGoTo("BCD")
	f.moves("A")
}

// newPairedFarm runs the farm of section 4.2, and returns with it the redirections of the servers' ports for checks, all cut.
func newPairedFarm(t *testing.T, ending string) (*webfarm, map[string]*relay) {
	t.Helper()
	f := newWebfarm(t, "section-4.2"+ending, `inter = "2s"`, `inter = "50ms"`, "redispatch = true", "redispatch = true\ntimeout = { check = \"5s\" }",
		"check_port = 81", "check_port = 8081", "check_port = 80\n", "check_port = 8000\n")
	redirect := make(map[string]*relay)
	for letter, o := range f.origins {
		redirect[letter] = newRelay(t, strings.TrimSuffix(o.addr, "8000")+"8081", o.addr)
	}
	return f, redirect
}

// The guide, section 4.2: each server has a twin for those who hold its cookie. The twins are checked on the server's own
// port, the others on one that is redirected there.
func TestSoftStopWithBackupServers(t *testing.T) { inBothLanguages(t, playSoftStopWithBackupServers) }

func playSoftStopWithBackupServers(t *testing.T, ending string) {
	f, redirect := newPairedFarm(t, ending)
	f.at("the servers have just been started")
	f.board.awaitDown("webA", "webB", "webC", "webD")
	f.newcomersGoTo("A") // the first backup takes everything
	f.staysOn("C")
	f.at("all run")
	for _, r := range redirect {
		r.restore()
	}
	f.board.awaitUp("webA", "webB", "webC", "webD")
	f.newcomersGoTo("ABCD")
	f.staysOn("A")
	f.at("webA enters maintenance")
	redirect["A"].cut()
	f.board.awaitDown("webA")
	f.newcomersGoTo("BCD")
	f.staysOn("A")
	f.at("webA is stopped")
	f.stop("A")
	f.board.awaitDown("bkpA")
	f.newcomersGoTo("BCD")
	f.moves("A")
	f.at("webA is started")
	f.start("A")
	f.board.awaitUp("bkpA")
	f.newcomersGoTo("BCD")
	f.staysOn("A")
	f.at("webA leaves maintenance")
	redirect["A"].restore()
	f.board.awaitUp("webA")
	f.newcomersGoTo("ABCD")
	f.staysOn("A")
	f.staysOn("B")
}

// The guide, section 4.2: when a server completely crashes, its clients go elsewhere and lose their sessions.
func TestCrashWithBackupServers(t *testing.T) { inBothLanguages(t, playCrashWithBackupServers) }

func playCrashWithBackupServers(t *testing.T, ending string) {
	const connect = 200 * time.Millisecond
	f := newWebfarm(t, "section-4.2"+ending, and(unchecked, "redispatch = true", "redispatch = true\ntimeout = { connect = \"200ms\" }")...)
	f.at("webA crashes")
	f.stop("A")
	f.takes(2*connect, func() { f.moves("A") })
	f.nobodyGoesTo("A")
	f.at("only the standard server is seen as failed")
	f.board.down("webA")
	f.newcomersGoTo("BCD")
	f.takes(2*connect, func() { f.moves("A") })
	f.at("both are seen as failed")
	f.board.down("bkpA")
	f.newcomersGoTo("BCD")
	f.moves("A")
	f.at("all standard servers fail")
	f.board.down("webB", "webC", "webD")
	f.newcomersGoTo("B") // the first backup that is left
	f.staysOn("C")
	f.at("everything fails")
	f.board.down("bkpB", "bkpC", "bkpD")
	dial(t, f.place.front()).get("/", 503)
	dial(t, f.place.front()).get("/", 503, "Cookie: SERVERID=C")
}

// The guide, section 4.2.1: where a server has no firewall software, an instance of lbmaster redirects the port. To kill it
// is the soft stop of the server.
func TestSoftStopByARedirector(t *testing.T) { inBothLanguages(t, playSoftStopByARedirector) }

func playSoftStopByARedirector(t *testing.T, ending string) {
	f, redirect := newPairedFarm(t, ending)
	for _, letter := range []string{"B", "C", "D"} {
		redirect[letter].restore()
	}
	f.board.awaitDown("webA")
	d := newBarracks(t, newPlace(t))
	checks := d.write("checks"+ending, example(t, "section-4.2.1"+ending, 1, `"0.0.0.0:81"`, quoted(redirect["A"].from),
		`"127.0.0.1:80"`, quoted(redirect["A"].to), "/var/run/haproxy-checks.pid", d.path("checks.pid")))
	f.at("the redirector is started")
	d.lbmaster(map[string]string{".toml": "-c", ".cfg": "-f"}[ending], checks)
	f.board.awaitUp("webA", "webB", "webC", "webD")
	f.newcomersGoTo("ABCD")
	f.at("the redirector is killed")
	d.kill(d.pid("checks.pid"), syscall.SIGTERM)
	f.board.awaitDown("webA")
	f.newcomersGoTo("BCD")
	f.staysOn("A")
}

// takes proves that something takes at least as long.
func (f *webfarm) takes(least time.Duration, do func()) {
	f.t.Helper()
	begin := time.Now()
	do()
	// Timers of a worker count in whole milliseconds.
	if took := time.Since(begin); took < least-5*time.Millisecond {
		f.t.Errorf("%s: it took %v, want at least %v", f.now, took, least)
	}
}

// nobodyGoesTo proves that new clients are all served, by others.
func (f *webfarm) nobodyGoesTo(letter string) {
	f.t.Helper()
	if count := f.newcomers(8); count[letter] > 0 {
		f.t.Errorf("%s: new clients went to %v", f.now, count)
	}
}
