//go:build linux

package tests

import (
	"fmt"
	"strings"
	"testing"
)

// persistences are the ways in which a section can use the cookie SRV, by what the table below calls them.
var persistences = []struct{ name, cookie string }{
	{"plain", `{ name = "SRV" }`},
	{"plain indirect", `{ name = "SRV", indirect = true }`},
	{"insert", `{ name = "SRV", mode = "insert" }`},
	{"insert indirect", `{ name = "SRV", mode = "insert", indirect = true }`},
	{"insert nocache", `{ name = "SRV", mode = "insert", indirect = true, nocache = true }`},
	{"insert postonly", `{ name = "SRV", mode = "insert", indirect = true, postonly = true }`},
	{"rewrite", `{ name = "SRV", mode = "rewrite" }`},
	{"prefix", `{ name = "SRV", mode = "prefix" }`},
	{"nameless", `{ name = "SRV", mode = "insert", indirect = true, nocache = true }`}, // its servers have no cookie value
}

// lists of the values of fields, to keep the table short.
type list = []string

var (
	long    = strings.Repeat("0123456789abcdef", 400)
	insertX = list{"Set-Cookie: SRV=$; path=/"}
	private = list{"Set-Cookie: SRV=$; path=/", "Cache-control: private"}
	forget  = list{"Set-Cookie: SRV=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/", "Cache-control: private"}
)

// persistence is one exchange. In sets, kept and added, $ stands for the cookie value of the server that was chosen.
type persistence struct {
	how      string // one of persistences
	sent     list   // Cookie fields of the request
	received list   // those that the server gets
	server   string // who is chosen: a letter, "" for whose turn it is
	sets     list   // Set-Cookie fields of the server's answer
	kept     list   // those that the client gets, in their place
	added    list   // fields that the client gets besides, at the end
	log      string // the last two letters of the termination state
	method   string // "": GET
}

// cookieRows is what HAProxy 2.6 was seen to do, except where the guide says otherwise: nocache marks every response in
// which a cookie was inserted, and what need not change passes as it came.
var cookieRows = []persistence{
	// The application sets the cookie, lbmaster only reads it.
	{how: "plain", sets: list{"SRV=app"}, kept: list{"SRV=app"}, log: "--"},
	{how: "plain", sent: list{"SRV=B"}, received: list{"SRV=B"}, server: "B", sets: list{"SRV=B"}, kept: list{"SRV=B"}, log: "--"},
	{how: "plain", sent: list{"a=1; SRV = B; $Path=/"}, received: list{"a=1; SRV = B; $Path=/"}, server: "B", log: "--"},
	{how: "plain", sent: list{"SRV=ZZ"}, received: list{"SRV=ZZ"}, log: "--"},
	{how: "plain indirect", sets: list{"SRV=app"}, kept: list{"SRV=app"}, log: "NP"},
	{
		how: "plain indirect", sent: list{"SRV=B"}, received: list{"SRV=B"}, server: "B",
		sets: list{"a=1", "SRV=B; path=/", "b=2"}, kept: list{"a=1", "b=2"}, log: "VD",
	},

	// lbmaster sets the cookie.
	{how: "insert", added: insertX, log: "NI"},
	{how: "insert", sent: list{"a=1"}, received: list{"a=1"}, added: insertX, log: "NI"},
	{how: "insert", sets: list{"a=1", "SRV=app", "b=2"}, kept: list{"a=1", "b=2"}, added: insertX, log: "NI"},
	{how: "insert", sent: list{"SRV=B"}, received: list{"SRV=B"}, server: "B", log: "VN"},
	{how: "insert", sent: list{"SRV=B"}, received: list{"SRV=B"}, server: "B", sets: list{"SRV=app"}, log: "VD"},
	{how: "insert", sent: list{"SRV=ZZ; a=1"}, received: list{"SRV=ZZ; a=1"}, added: insertX, log: "II"},
	{how: "insert", sent: list{"SRV="}, received: list{"SRV="}, added: insertX, log: "II"},
	{how: "insert", sent: list{"srv=B"}, received: list{"srv=B"}, added: insertX, log: "NI"},

	// No server sees it.
	{how: "insert indirect", sent: list{"SRV=A"}, server: "A", log: "VN"},
	{how: "insert indirect", sent: list{"SRV=B"}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{"foo=1; SRV=B; bar=2"}, received: list{"foo=1; bar=2"}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{"SRV=B; bar=2"}, received: list{"bar=2"}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{"foo=1; SRV=B"}, received: list{"foo=1"}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{"SRV=ZZ; x=1"}, received: list{"x=1"}, added: insertX, log: "II"},
	{how: "insert indirect", sent: list{`a="x;y"; SRV=B; c=d`}, received: list{`a="x;y"; c=d`}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{"a=1, SRV=B, c=d"}, received: list{"a=1, c=d"}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{"a=1; SRV = B ; c=d"}, received: list{"a=1; c=d"}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{`SRV="B"; c=d`}, received: list{"c=d"}, added: insertX, log: "II"},
	{
		how: "insert indirect", sent: list{"$Version=1; SRV=B; $Path=/; c=d"}, received: list{"$Version=1; c=d"},
		server: "B", log: "VN",
	},
	{how: "insert indirect", sent: list{"a=1", "SRV=B"}, received: list{"a=1"}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{"SRV=B", "a=1"}, received: list{"a=1"}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{"a=1", "b=2; SRV=B", "c=3"}, received: list{"a=1", "b=2", "c=3"}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{"SRV=A", "SRV=B"}, server: "A", log: "VN"},
	{how: "insert indirect", sent: list{"srv=B"}, received: list{"srv=B"}, added: insertX, log: "NI"},
	{how: "insert indirect", sent: list{"SRV2=B; XSRV=B"}, received: list{"SRV2=B; XSRV=B"}, added: insertX, log: "NI"},
	{how: "insert indirect", sent: list{"SRV=A; SRV=B"}, server: "A", log: "VN"},
	{how: "insert indirect", sent: list{"SRV=B;"}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{"SRV=; x=1"}, received: list{"x=1"}, added: insertX, log: "II"},
	{how: "insert indirect", sent: list{"x; SRV=B; y"}, received: list{"x; y"}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{"SRV=Bx"}, added: insertX, log: "II"},
	{how: "insert indirect", sent: list{"SRV=b"}, added: insertX, log: "II"},
	{how: "insert indirect", sent: list{"foo=" + long + "; SRV=B"}, received: list{"foo=" + long}, server: "B", log: "VN"},
	{how: "insert indirect", sent: list{"SRV=" + long + "; x=1"}, received: list{"x=1"}, added: insertX, log: "II"},
	{how: "insert indirect", sets: list{"SRV=" + long, "a=" + long}, kept: list{"a=" + long}, added: insertX, log: "NI"},
	{how: "insert indirect", sent: list{"SRV=B"}, server: "B", sets: list{"SRV=app; path=/", "a=1"}, kept: list{"a=1"}, log: "VD"},
	{how: "insert indirect", sets: list{"SRV=app", "SRV=B"}, added: insertX, log: "NI"},

	// Nothing that carries it may be cached.
	{how: "insert nocache", added: private, log: "NI"},
	{how: "insert nocache", sent: list{"SRV=ZZ"}, added: private, log: "II"},
	{how: "insert nocache", sent: list{"SRV=B"}, server: "B", log: "VN"},
	{how: "insert nocache", method: "POST", added: private, log: "NI"},

	// Only POST sets it.
	{how: "insert postonly", log: "NN"},
	{how: "insert postonly", sent: list{"SRV=ZZ; a=1"}, received: list{"a=1"}, log: "IN"},
	{how: "insert postonly", method: "POST", added: insertX, log: "NI"},
	{how: "insert postonly", method: "POST", sent: list{"SRV=B"}, server: "B", log: "VN"},
	{how: "insert postonly", sent: list{"SRV=B"}, server: "B", log: "VN"},
	{how: "insert postonly", sets: list{"SRV=app"}, log: "ND"},

	// A server without a value takes the cookie away.
	{how: "nameless", added: forget, log: "NI"},
	{how: "nameless", sent: list{"SRV=B; a=1"}, received: list{"a=1"}, added: forget, log: "II"},

	// The application sets the cookie, lbmaster changes its value.
	{how: "rewrite", log: "NN"},
	{how: "rewrite", sets: list{"SRV=app"}, kept: list{"SRV=$"}, log: "NR"},
	{
		how: "rewrite", sets: list{"a=1", "SRV=app; Path=/x; HttpOnly", "b=2"},
		kept: list{"a=1", "SRV=$; Path=/x; HttpOnly", "b=2"}, log: "NR",
	},
	{how: "rewrite", sets: list{"SRV="}, kept: list{"SRV=$"}, log: "NR"},
	{how: "rewrite", sets: list{"SRV=" + long + "; path=/"}, kept: list{"SRV=$; path=/"}, log: "NR"},
	{how: "rewrite", sets: list{"srv=app", "SRV2=app"}, kept: list{"srv=app", "SRV2=app"}, log: "NN"},
	{how: "rewrite", sent: list{"SRV=B; a=1"}, received: list{"SRV=B; a=1"}, server: "B", log: "VN"},
	{how: "rewrite", sent: list{"SRV=B"}, received: list{"SRV=B"}, server: "B", sets: list{"SRV=app"}, kept: list{"SRV=B"}, log: "VR"},
	{how: "rewrite", sent: list{"SRV=ZZ"}, received: list{"SRV=ZZ"}, sets: list{"SRV=app"}, kept: list{"SRV=$"}, log: "IR"},

	// The application sets the cookie, lbmaster puts the server's name before the value.
	{how: "prefix", log: "NN"},
	{how: "prefix", sets: list{"SRV=abc123; path=/app"}, kept: list{"SRV=$~abc123; path=/app"}, log: "NR"},
	{how: "prefix", sets: list{"SRV=1", "a=2", "SRV=3; Secure"}, kept: list{"SRV=$~1", "a=2", "SRV=$~3; Secure"}, log: "NR"},
	{how: "prefix", sets: list{"srv=1", "SRV2=2"}, kept: list{"srv=1", "SRV2=2"}, log: "NN"},
	{how: "prefix", sets: list{"SRV=" + long}, kept: list{"SRV=$~" + long}, log: "NR"},
	{how: "prefix", sent: list{"SRV=B~abc; z=1"}, received: list{"SRV=abc; z=1"}, server: "B", log: "VN"},
	{how: "prefix", sent: list{"SRV=B~a~b"}, received: list{"SRV=a~b"}, server: "B", log: "VN"},
	{how: "prefix", sent: list{"z=1; SRV=A~abc"}, received: list{"z=1; SRV=abc"}, server: "A", log: "VN"},
	{how: "prefix", sent: list{"z=1", "SRV=B~abc"}, received: list{"z=1", "SRV=abc"}, server: "B", log: "VN"},
	{how: "prefix", sent: list{"SRV=ZZ~abc"}, received: list{"SRV=abc"}, log: "IN"},
	{how: "prefix", sent: list{"SRV=abc"}, received: list{"SRV=abc"}, log: "IN"},
	{how: "prefix", sent: list{"SRV=B"}, received: list{"SRV=B"}, log: "IN"}, // HAProxy takes it for the server's name
	{how: "prefix", sent: list{"SRV=B~"}, received: list{"SRV="}, server: "B", log: "VN"},
	{how: "prefix", sent: list{"SRV=~abc"}, received: list{"SRV=abc"}, log: "IN"},
	{how: "prefix", sent: list{"SRV2=B~abc; srv=B~abc"}, received: list{"SRV2=B~abc; srv=B~abc"}, log: "NN"},
	{how: "prefix", sent: list{"SRV=B~" + long}, received: list{"SRV=" + long}, server: "B", log: "VN"},
	{
		how: "prefix", sent: list{"SRV=B~abc"}, received: list{"SRV=abc"}, server: "B",
		sets: list{"SRV=abc; path=/"}, kept: list{"SRV=B~abc; path=/"}, log: "VR",
	},
}

// newPersistenceSite runs one lbmaster with a section for each of persistences, and returns their addresses.
func newPersistenceSite(t *testing.T) (*puppets, map[string]string, *sink) {
	t.Helper()
	s, servers := newPuppets(t, 2)
	log := newSink(t, s.place)
	addr := make(map[string]string)
	conf := "[global]\nworkers = 1\n" + log.target() + "\n[defaults]\nmode = \"http\"\nlog_format = \"httplog\"\ntimeout = " + patient + "\n"
	for i, p := range persistences {
		addr[p.name] = s.place.addr(1, 8080+i)
		conf += fmt.Sprintf("[listen.s%d]\nbind = %q\ncookie = %s\n", i, addr[p.name], p.cookie)
		for _, srv := range s.servers {
			if p.name == "nameless" {
				srv.extra = ""
			}
			conf += fmt.Sprintf("[[listen.s%d.server]]\nname = %q\naddress = %q\n%s\n", i, srv.name, srv.address, srv.extra)
		}
	}
	launch(t, s.place, conf).awaitReady()
	return servers, addr, log
}

func TestPersistence(t *testing.T) {
	t.Parallel()
	servers, addr, _ := newPersistenceSite(t)
	for i, p := range cookieRows {
		for range 2 { // without the cookie, the second request would go elsewhere
			if wrong := p.play(t, servers, addr[p.how]); wrong != "" {
				t.Errorf("row %d, %s: %s", i, p, wrong)
			}
		}
	}
}

// The last two letters of the termination state tell the same story.
func TestPersistenceIsLogged(t *testing.T) {
	t.Parallel()
	servers, addr, log := newPersistenceSite(t)
	for i, p := range cookieRows {
		if wrong := p.play(t, servers, addr[p.how]); wrong != "" {
			t.Fatalf("row %d, %s: %s", i, p, wrong)
		}
		if l := log.http(); l.state != "--"+p.log || p.server != "" && !strings.HasSuffix(l.server, "/web"+p.server) {
			t.Errorf("row %d, %s: logged %s, want --%s", i, p, l.line, p.log)
		}
	}
}

func (p persistence) String() string {
	return fmt.Sprintf("%s, %s, Cookie %.100q, the server's Set-Cookie %.100q", p.how, or(p.method, "GET"), p.sent, p.sets)
}

// play sends the row's request and returns what is wrong about what becomes of it.
func (p persistence) play(t *testing.T, servers *puppets, addr string) string {
	t.Helper()
	c := dial(t, addr)
	defer c.Close()
	request := func(cookies list) string {
		return or(p.method, "GET") + " /row HTTP/1.1\r\nHost: h\r\n" + fields("Cookie", cookies) + "Content-Length: 0\r\n\r\n"
	}
	c.send(request(p.sent))
	v := servers.next()
	letter := strings.TrimPrefix(v.server, "web")
	chosen := func(text string) string { return strings.ReplaceAll(text, "$", letter) }
	v.answer("HTTP/1.1 200 OK\r\n" + fields("Set-Cookie", p.sets) + "Content-Length: 0\r\n\r\n")
	got, _ := c.bytes(or(p.method, "GET"))
	want := chosen("HTTP/1.1 200 OK\r\n" + fields("Set-Cookie", p.kept) + "Content-Length: 0\r\n" + lines(p.added) + "\r\n")
	switch {
	case v.request != request(p.received):
		return fmt.Sprintf("the server got\n%.500q, want\n%.500q", v.request, request(p.received))
	case p.server != "" && letter != p.server:
		return fmt.Sprintf("%s was chosen, not %s", letter, p.server)
	case got != want:
		return fmt.Sprintf("the client got\n%.500q, want\n%.500q", got, want)
	}
	return ""
}

// fields writes a field of that name for each value.
func fields(name string, values list) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString(name + ": " + v + "\r\n")
	}
	return b.String()
}
