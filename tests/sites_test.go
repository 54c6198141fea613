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

	"lbmaster/shared/stats"
)

// sites is the guide's section 5: an office, two production sites with a director and two load balancers each, which are
// instances of lbmaster, and four application servers on either site, W11 to W24. The office reaches a site through its
// WAN link; the sites reach each other directly.
type sites struct {
	t     *testing.T
	nodes []*instance // in the order of doors
	apps  map[string]*origin
	wan   map[string]*relay // by director
}

// instance is one instance.
type instance struct {
	*balancer
	name   string
	board  *board
	counts *stats.Stats
	seen   int64 // requests that the test knows of
}

// doors are the instances, and what the guide calls their addresses.
var doors = []struct{ name, addr string }{
	{"OP1", "192.168.1.1"}, {"SD1", "10.1.1.1"}, {"SD2", "10.2.1.1"},
	{"S1L1", "10.1.1.11"}, {"S1L2", "10.1.1.12"}, {"S2L1", "10.2.1.11"}, {"S2L2", "10.2.1.12"},
}

// newSites starts everything. Servers are not checked: the test says what checks would find out.
func newSites(t *testing.T) *sites {
	t.Helper()
	s := &sites{t: t, apps: make(map[string]*origin), wan: make(map[string]*relay)}
	field := newPlace(t)
	here := make(map[string]string) // from the guide's addresses to ours
	for i := range 8 {
		name := fmt.Sprintf("W%d%d", i/4+1, i%4+1)
		s.apps[name] = startOrigin(t, name, field.server(i))
		here[fmt.Sprintf("10.%d.2.%d:80", i/4+1, i%4+1)] = field.server(i)
	}
	places := make(map[string]place)
	for _, d := range doors {
		p := newPlace(t)
		places[d.name], here[d.addr+":80"], here[d.addr+":81"] = p, p.front(), p.addr(1, 8081)
	}
	for i, d := range []string{"SD1", "SD2"} {
		s.wan[d] = newRelay(t, field.server(20+i), places[d].front())
		s.wan[d].restore()
	}
	for _, d := range doors {
		s.start(d.name, places[d.name], here)
	}
	return s
}

// start runs one instance.
func (s *sites) start(name string, p place, here map[string]string) {
	s.t.Helper()
	file := "section-5-" + strings.ToLower(name) + ".toml"
	text, err := os.ReadFile(filepath.Join("..", "conf", "examples", file))
	if err != nil {
		s.t.Fatal(err)
	}
	pairs := slices.Clone(unchecked)
	for _, quote := range regexp.MustCompile(`"\d+\.\d+\.\d+\.\d+:\d+"`).FindAllString(string(text), -1) {
		pairs = append(pairs, quote, quoted(here[strings.Trim(quote, `"`)]))
	}
	if name == "OP1" { // its way to the directors is the WAN
		pairs = append([]string{
			`"10.1.1.1:80"`, quoted(s.wan["SD1"].from), `"10.2.1.1:80"`, quoted(s.wan["SD2"].from),
		}, pairs...)
	}
	b := launch(s.t, p, example(s.t, file, 1, pairs...))
	b.awaitReady()
	s.nodes = append(s.nodes, &instance{balancer: b, name: name, board: b.board(), counts: b.counters()})
}

// at is the instance of that name.
func (s *sites) at(name string) *instance {
	i := slices.IndexFunc(s.nodes, func(n *instance) bool { return n.name == name })
	return s.nodes[i]
}

// route is the way of a request: the instances that it has passed, and the application server.
func (s *sites) route(a answer) string {
	s.t.Helper()
	var way []string
	for _, n := range s.nodes {
		if now := n.counted(n.counts, stats.Row{Kind: stats.Worker}, "requests"); now != n.seen {
			way, n.seen = append(way, n.name), now
		}
	}
	return strings.Join(append(way, a.server()), " ")
}

// visitor is somebody who uses the application.
type visitor struct {
	s       *sites
	door    string            // the instance that it connects to
	cookies map[string]string // its jar
	session string            // what the application calls its session
	server  string            // that answered the last request
}

// comes is a new visitor, whose first request must take a way that matches want.
func (s *sites) comes(door, session, want string) *visitor {
	s.t.Helper()
	v := &visitor{s: s, door: door, cookies: make(map[string]string), session: session}
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
		v.s.t.Errorf("by %s: Set-Cookie %q for a visitor who is known", want, set)
	}
}

// asks sends a request and takes the cookies of the answer.
func (v *visitor) asks(path, want string) answer {
	v.s.t.Helper()
	c := dialFrom(v.s.t, v.from(), v.s.at(v.door).place.front())
	defer c.Close()
	var fields []string
	if len(v.cookies) > 0 { // as the guide writes it, with a semicolon at the end
		fields = []string{fmt.Sprintf("Cookie: SITE=%s; JSESSIONID=%s;", v.cookies["SITE"], v.cookies["JSESSIONID"])}
	}
	a := c.get(path, 200, fields...)
	v.server = a.server()
	for _, set := range a.Cookies() {
		v.cookies[set.Name] = set.Value
	}
	if way := v.s.route(a); !regexp.MustCompile(want).MatchString(way) {
		v.s.t.Errorf("the request went by %s, want %s", way, want)
	}
	return a
}

// from is the address of all visitors.
func (v *visitor) from() string { return v.s.at("OP1").place.host(100) }

// has proves what is in the jar.
func (v *visitor) has(site string) {
	v.s.t.Helper()
	if v.cookies["SITE"] != site || v.cookies["JSESSIONID"] != v.app()+"~"+v.session {
		v.s.t.Errorf("the cookies are %v, want SITE=%s and JSESSIONID=%s", v.cookies, site, v.app()+"~"+v.session)
	}
}

// app is the server that the application's cookie names: the one that answered last.
func (v *visitor) app() string { return v.server }
