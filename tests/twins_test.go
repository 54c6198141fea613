//go:build linux

package tests

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// twins is the guide's section 4.2: each machine of a web farm is there twice, as a server that is checked on a port which
// its people open and close, and as a backup that is checked on the port which serves.
type twins struct {
	site
	t     *testing.T
	nginx string
	real  map[string]*rig.Process // by "A" and by "A81": what stands for the redirection of the port
}

func newTwins(t *testing.T, letters string) *twins {
	t.Helper()
	f := &twins{site: site{place: newPlace(t), workers: 2}, t: t, nginx: program(t, "nginx"), real: make(map[string]*rig.Process)}
	f.listen = insertCookie + "\nredispatch = true\nhttpchk = \"HEAD / HTTP/1.0\"\n"
	const inter = 50 * time.Millisecond
	for i, l := range letters {
		web := checked(inter, fmt.Sprintf("check_port = 8081\n%s\n", cookieOf(string(l))))
		f.servers = append(f.servers, target{"web" + string(l), f.place.server(i), web})
	}
	for i, l := range letters {
		bkp := checked(inter, fmt.Sprintf("check_port = 8000\nbackup = true\n%s\n", cookieOf(string(l))))
		f.servers = append(f.servers, target{"bkp" + string(l), f.place.server(i), bkp})
	}
	return f
}

// open starts a web server on a machine, on the port that serves or on the one for checks.
func (f *twins) open(letter string, port int) {
	f.t.Helper()
	addr := f.place.addr(11+int(letter[0]-'A'), port)
	p, err := rig.StartNginx(f.nginx, f.t.TempDir(), rig.Endless, []rig.NginxServer{{Name: "web" + letter, Listen: addr}})
	if err != nil {
		f.t.Fatal(err)
	}
	f.real[fmt.Sprint(letter, port)] = p
	f.t.Cleanup(func() { stopPeer(f.t, p) })
}

// shut stops it.
func (f *twins) shut(letter string, port int) {
	f.t.Helper()
	if _, err := f.real[fmt.Sprint(letter, port)].Stop(syscall.SIGTERM, settle); err != nil {
		f.t.Fatal(err)
	}
}

// states waits for the states of the servers of one machine: its web and its bkp.
func (f *twins) states(letter, web, bkp string) {
	f.t.Helper()
	f.awaitStatus(f.t, "web/web"+letter, web)
	f.awaitStatus(f.t, "web/bkp"+letter, bkp)
}

// TestSoftStopWithBackups walks through the states of section 4.2 with real web servers.
func TestSoftStopWithBackups(t *testing.T) {
	t.Parallel()
	f := newTwins(t, "AB")
	f.withAdmin(t)
	f.open("A", 8000)
	f.open("B", 8000)
	f.open("B", 8081)
	b := f.run(t)
	// "When the web servers are started, only the backup servers are seen as available."
	f.states("A", "DOWN", "UP")
	f.states("B", "UP", "UP")
	serves := func(step, want string) {
		t.Helper()
		for range 12 {
			c := dial(t, f.place.front())
			c.send("GET / HTTP/1.1\r\nHost: raw\r\n\r\n")
			if a := c.answer("GET"); a.StatusCode != 200 || !strings.Contains(want, a.Header.Get("X-Server")) {
				t.Fatalf("%s: status %d from %s, want %s", step, a.StatusCode, a.Header.Get("X-Server"), want)
			}
			c.Close()
		}
	}
	serves("A is not open yet", "webB")
	// "A few seconds later, the standard server is seen up and haproxy starts to send it new requests."
	f.open("A", 8081)
	f.states("A", "UP", "UP")
	serves("both are open", "webA webB")
	// "Now if you want to enter a server into maintenance, simply stop it from responding on port 81 so that its standard
	// instance will be seen as failed, but the backup will still work."
	f.shut("A", 8081)
	f.states("A", "DOWN", "UP")
	serves("A is closed", "webB")
	// "The associated backup server will in turn fail."
	f.shut("A", 8000)
	f.states("A", "DOWN", "DOWN")
	serves("A is stopped", "webB")
	// The last machine fails: nobody is left.
	f.shut("B", 8081)
	f.shut("B", 8000)
	f.states("B", "DOWN", "DOWN")
	b.says("emerg: proxy web has no server available!")
	dial(t, f.place.front()).get("/", 503)
	// And everything comes back.
	for _, letter := range []string{"A", "B"} {
		f.open(letter, 8000)
		f.open(letter, 8081)
	}
	f.states("A", "UP", "UP")
	f.states("B", "UP", "UP")
	serves("everything is back", "webA webB")
	row := f.stats(t)["web/webA"]
	if row.number("chkdown") != 2 || row.number("chkfail") < 4 || f.stats(t)["web/BACKEND"].number("chkdown") != 1 {
		t.Errorf("transitions of webA: %v", row)
	}
	for _, line := range []string{"alert: Server web/webA is DOWN", "alert: Backup Server web/bkpA is DOWN", "notice: Server web/webA is UP", "notice: Backup Server web/bkpB is UP"} {
		b.says(line)
	}
}

// TestServerFile is section 4.1: the file that is checked for is removed, and put back.
func TestServerFile(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 2)
	s.listen = insertCookie + "\nhttpchk = \"HEAD /status/200 HTTP/1.0\"\n"
	for i := range s.servers {
		s.servers[i].extra += "\n" + checked(50*time.Millisecond, "rise = 2\nfall = 2\n")
	}
	s.withAdmin(t)
	s.servers = append(s.servers, target{"webC", s.place.server(0), checked(50*time.Millisecond, "")})
	s.tail = strings.Replace(s.tail, "[admin]", `[listen.gone]
bind = "`+s.place.addr(3, 8080)+`"
mode = "http"
httpchk = "/status/404"
[[listen.gone.server]]
name = "a"
address = "`+s.place.server(0)+`"
check = true
inter = "50ms"
[admin]`, 1)
	origins[0].Watch("OPTIONS /status/404 HTTP/1.0\r\n\r\n")
	origins[0].Watch("HEAD /status/200 HTTP/1.0\r\n\r\n")
	b := s.run(t)
	s.awaitStatus(t, "web/webA", "UP")
	s.awaitStatus(t, "gone/a", "DOWN")
	b.says(`Server gone/a is DOWN, reason: Layer7 wrong status, code: 404, info: "Not Found", check duration: `)
	row := s.stats(t)["gone/a"]
	if row["check_status"] != "L7STS" || row["check_code"] != "404" || row["last_chk"] != "Not Found" || row["check_desc"] != "Layer7 wrong status" {
		t.Errorf("%v", row)
	}
	seen := origins[0].Stats().Seen
	if seen["OPTIONS /status/404 HTTP/1.0\r\n\r\n"] == 0 || seen["HEAD /status/200 HTTP/1.0\r\n\r\n"] == 0 {
		t.Errorf("the server did not see exactly these bytes: %v", seen)
	}
}
