//go:build linux

package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// sites is the guide's section 5: an office, two production sites with a director and two load balancers each, which are
// instances of lbmaster, and four application servers on either site, W11 to W24. The office reaches a site through its
// WAN link; the sites reach each other directly.
type sites struct {
	t        *testing.T
	ending   string            // of the configurations, which is their language
	checked  bool              // the instances check their servers; else the test writes their states on the boards
	places   map[string]place  // of the instances
	here     map[string]string // from the guide's addresses to ours
	nodes    map[string]*node
	wan      map[string]*relay // to a director
	redirect map[string]*relay // port 81 of an application server
	log      *sink             // of all instances
	asked    int               // requests so far
}

// node is one of the instances.
type node struct {
	*balancer
	board *board
}

// allNodes are the instances, and what the guide calls their addresses.
var allNodes = []struct{ name, addr string }{
	{"OP1", "192.168.1.1"},
	{"SD1", "10.1.1.1"},
	{"SD2", "10.2.1.1"},
	{"S1L1", "10.1.1.11"},
	{"S1L2", "10.1.1.12"},
	{"S2L1", "10.2.1.11"},
	{"S2L2", "10.2.1.12"},
}

// newSites starts everything.
func newSites(t *testing.T, ending string, checked bool) *sites {
	t.Helper()
	s := &sites{
		t: t, ending: ending, checked: checked, places: make(map[string]place), here: make(map[string]string),
		nodes: make(map[string]*node), wan: make(map[string]*relay), redirect: make(map[string]*relay),
	}
	field := newPlace(t)
	s.log = newSink(t, field)
	for i := range 8 {
		s.startApp(field, i, fmt.Sprintf("W%d%d", i/4+1, i%4+1), fmt.Sprintf("10.%d.2.%d:80", i/4+1, i%4+1))
	}
	for _, n := range allNodes {
		p := newPlace(t)
		s.places[n.name], s.here[n.addr+":80"], s.here[n.addr+":81"] = p, p.front(), p.addr(1, 8081)
	}
	for i, d := range []string{"SD1", "SD2"} {
		s.wan[d] = newRelay(t, field.server(20+i), s.places[d].front())
		s.wan[d].restore()
	}
	for _, n := range allNodes {
		s.start(n.name)
	}
	for _, n := range s.nodes {
		n.allUp()
	}
	return s
}

// startApp starts an application server, which has the guide's address addr there, and redirects its port for checks.
func (s *sites) startApp(field place, i int, name, addr string) {
	s.t.Helper()
	startOrigin(s.t, name, field.server(i))
	s.here[addr] = field.server(i)
	s.redirect[name] = newRelay(s.t, field.addr(11+i, 8081), field.server(i))
	s.redirect[name].restore()
}

// start runs one node.
func (s *sites) start(name string) {
	s.t.Helper()
	file := "section-5-" + strings.ToLower(name) + s.ending
	text, err := os.ReadFile(filepath.Join("..", "conf", "examples", file))
	if err != nil {
		s.t.Fatal(err)
	}
	words, quote := hurry, `"`
	pairs := []string{"mode = \"http\"\n", "mode = \"http\"\n" + s.log.target() + "\n" + httplog + "timeout = { check = \"5s\" }\n"}
	if s.ending == ".cfg" {
		words, quote = classicHurry, ""
		pairs = []string{"mode http\n", "mode http\nlog " + s.log.addr + " local0 info\noption httplog\ntimeout check 5s\n"}
		pairs = append(pairs, s.named(string(text))...)
	}
	if name == "OP1" { // its way to the directors is the WAN
		pairs = append(pairs, quote+"10.1.1.1:80"+quote, quote+s.wan["SD1"].from+quote, quote+"10.2.1.1:80"+quote, quote+s.wan["SD2"].from+quote)
	}
	for _, addr := range regexp.MustCompile(quote+`\d+\.\d+\.\d+\.\d+:\d+`+quote).FindAllString(string(text), -1) {
		pairs = append(pairs, addr, quote+s.here[strings.Trim(addr, `"`)]+quote)
	}
	if !s.checked {
		words = append(words[:len(words):len(words)], [2]string{"check = true", "check = false"}, [2]string{" check port", " port"}, [2]string{" check inter", " inter"})
	}
	for _, p := range words {
		if strings.Contains(string(text), p[0]) {
			pairs = append(pairs, p[0], p[1])
		}
	}
	b := launch(s.t, s.places[name], filled(s.t, file, 1, pairs...))
	b.awaitReady()
	s.nodes[name] = &node{b, b.board()}
}

// named are pairs that give sections the names which they have in TOML, since the test asks for them.
func (s *sites) named(text string) []string {
	var pairs []string
	for _, m := range regexp.MustCompile(`(?m)^listen (\S+)`).FindAllStringSubmatch(text, -1) {
		name := "application"
		switch {
		case strings.HasSuffix(m[1], ":81"):
			name = "monitor"
		case strings.HasSuffix(m[1], ".1.1:80") && strings.HasPrefix(m[1], "10."):
			name = "site"
		case strings.HasPrefix(m[1], "192."):
			name = "office"
		}
		pairs = append(pairs, m[0], "listen "+name+" "+s.here[m[1]])
	}
	return pairs
}

// classicHurry is hurry in HAProxy's language.
var classicHurry = [][2]string{
	{"inter 2000\n", "inter 50\n"},
	{"inter 4000", "inter 50"},
	{"inter 8000", "inter 50"},
	{"inter 30000", "inter 50"},
	{"inter 60000", "inter 50"},
	{"grace 20000", "grace 4000"},
	{"port 81", "port 8081"},
	{"port 80 ", "port 8000 "},
}

// hurry makes times short and ports unprivileged. A busy machine still has time for each check.
var hurry = [][2]string{
	{`inter = "2s"`, `inter = "50ms"`},
	{`inter = "4s"`, `inter = "50ms"`},
	{`inter = "8s"`, `inter = "50ms"`},
	{`inter = "30s"`, `inter = "50ms"`},
	{`inter = "60s"`, `inter = "50ms"`},
	{`grace = "20s"`, `grace = "4s"`},
	{"check_port = 81", "check_port = 8081"},
	{"check_port = 80\n", "check_port = 8000\n"},
}

// allUp waits until every server is seen as up: checks have begun before all the rest had been started.
func (n *node) allUp() {
	n.t.Helper()
	for _, server := range n.board.Servers() {
		if server.Proxy != "monitor" { // a dispatch is not checked
			n.board.awaitUp(server.Proxy + "/" + server.Name)
		}
	}
}

// route is the way of the request for a path that nobody has asked for before: the instances that it has passed, and the
// server that the last of them has chosen. Every instance logs where it has sent the request.
func (s *sites) route(node, path string) string {
	s.t.Helper()
	way, next := []string{}, make(map[string]string)
	for at := node; ; at = next[at] {
		way = append(way, at)
		if s.nodes[at] == nil {
			return strings.Join(way, " ")
		}
		for limit := time.Now().Add(settle); next[at] == ""; {
			if time.Now().After(limit) {
				s.t.Fatalf("%s does not log %s, which has come by %v", at, path, way)
			}
			if l := s.log.http(); strings.Contains(l.request, " "+path+" ") {
				_, next[s.owner(l.pid)], _ = strings.Cut(l.server, "/")
			}
		}
	}
}

// owner is the instance whose worker has that process id.
func (s *sites) owner(pid int) string {
	s.t.Helper()
	for name, n := range s.nodes {
		if slices.Contains(n.workers(), pid) {
			return name
		}
	}
	s.t.Fatalf("%d is no worker of any instance", pid)
	return ""
}

// visitor is somebody who uses the application.
type visitor struct {
	s       *sites
	node    string            // the instance that it connects to
	cookies map[string]string // its jar
	session string            // what the application calls its session
	server  string            // that answered the last request
}

// comes is a new visitor, whose first request must take a way that matches want.
func (s *sites) comes(node, session, want string) *visitor {
	s.t.Helper()
	v := &visitor{s: s, node: node, cookies: make(map[string]string), session: session}
	v.asks("/set-cookie/JSESSIONID/"+session, want)
	return v
}

// goesOn proves that the next request takes exactly this way, and that the application knows the session.
func (v *visitor) goesOn(want string) {
	v.s.t.Helper()
	a := v.asks("/headers", "^"+want+"$")
	if got := cookieFields(a.body); len(got) != 1 || strings.TrimSuffix(got[0], ";") != "JSESSIONID="+v.session {
		v.s.t.Errorf("%s got the cookies %q, want only JSESSIONID=%s", a.server(), got, v.session)
	}
	if set := a.Header["Set-Cookie"]; set != nil {
		v.s.t.Errorf("%s: Set-Cookie %q for a visitor who is known", want, set)
	}
}

// asks sends a request and takes the cookies of the answer.
func (v *visitor) asks(path, want string) answer {
	v.s.t.Helper()
	c := dialFrom(v.s.t, v.from(), v.s.places[v.node].front())
	defer c.Close()
	var fields []string
	if len(v.cookies) > 0 { // as the guide writes it, with a semicolon at the end
		fields = []string{fmt.Sprintf("Cookie: SITE=%s; JSESSIONID=%s;", v.cookies["SITE"], v.cookies["JSESSIONID"])}
	}
	v.s.asked++
	path += fmt.Sprintf("?%d", v.s.asked)
	a := c.get(path, 200, fields...)
	v.server = a.server()
	for _, set := range a.Cookies() {
		v.cookies[set.Name] = set.Value
	}
	if way := v.s.route(v.node, path); !regexp.MustCompile(want).MatchString(way) {
		v.s.t.Errorf("the request went by %s, want %s", way, want)
	}
	return a
}

// from is the address of all visitors.
func (v *visitor) from() string { return v.s.places["OP1"].host(100) }

// has proves what is in the jar.
func (v *visitor) has(site string) {
	v.s.t.Helper()
	if v.cookies["SITE"] != site || v.cookies["JSESSIONID"] != v.app()+"~"+v.session {
		v.s.t.Errorf("the cookies are %v, want SITE=%s and JSESSIONID=%s", v.cookies, site, v.app()+"~"+v.session)
	}
}

// app is the server that the application's cookie names: the one that answered last.
func (v *visitor) app() string { return v.server }
