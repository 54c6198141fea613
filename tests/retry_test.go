//go:build linux

package tests

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lbmaster/shared/counter"
	"lbmaster/shared/stats"
)

// newHalfSite describes a site of two servers, of which webA runs and webD, which has the cookie D, does not.
func newHalfSite(t *testing.T, lines string) (site, *origin) {
	t.Helper()
	s, origins := newSite(t, 1)
	s.listen = lines
	s.timeout = `{ connect = "100ms", client = "30s", server = "30s" }`
	s.servers = append(s.servers, target{"webD", s.place.server(1), cookieOf("D")})
	return s, origins[0]
}

// A server that refuses is given a pause before each further try: the connect timeout, but at most a second.
func TestRetriesPause(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		connect string
		retries int
		least   time.Duration
	}{{"100ms", 0, 0}, {"100ms", 3, 300 * time.Millisecond}, {"5s", 1, time.Second}} {
		t.Run(fmt.Sprintf("%d retries, %s", tt.retries, tt.connect), func(t *testing.T) {
			t.Parallel()
			s := site{place: newPlace(t), listen: fmt.Sprintf("retries = %d", tt.retries)}
			s.servers = []target{{name: "nobody", address: s.place.server(0)}}
			s.timeout = fmt.Sprintf("{ connect = %q, client = \"30s\", server = \"30s\" }", tt.connect)
			b := s.run(t)
			c := dial(t, s.place.front())
			begin := time.Now()
			c.send(plainGet)
			page(t, c.answer("GET"), 503)
			within(t, begin, tt.least-5*time.Millisecond, settle)
			row := stats.Row{Kind: stats.Server, Proxy: "web", Server: "nobody"}
			if got := b.counted(b.counters(), row, counter.Retries); got != int64(tt.retries) {
				t.Errorf("%d retries, want %d", got, tt.retries)
			}
		})
	}
}

// A server that is being restarted is found again by those who hold its cookie.
func TestRetryWaitsForTheServer(t *testing.T) {
	t.Parallel()
	s, _ := newHalfSite(t, insertCookie+"\nretries = 100\nredispatch = true")
	b := s.run(t)
	counts := b.counters()
	c := dial(t, s.place.front())
	c.send(withCookie("D"))
	tried := func() bool {
		return b.counted(counts, stats.Row{Kind: stats.Server, Proxy: "web", Server: "webD"}, counter.Retries) > 0
	}
	if !soon(tried) {
		t.Fatal("there was no second try")
	}
	startOrigin(t, "webD", s.place.server(1))
	if a := c.answer("GET"); a.server() != "webD" || a.Header["Set-Cookie"] != nil {
		t.Errorf("answered by %s with %v", a.server(), a.Header)
	}
}

// What redispatch does for a client whose server refuses: the last try goes to another server, which becomes the client's.
func TestRedispatch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, lines string
		moves       bool
	}{
		{"off", "retries = 2", false},
		{"on", "retries = 2\nredispatch = true", true},
		{"without retries there is no last one", "retries = 0\nredispatch = true", false},
		{"the first retry is the last", "retries = 1\nredispatch = true", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, webA := newHalfSite(t, insertCookie+"\n"+tt.lines)
			s.run(t)
			c := dial(t, s.place.front())
			c.send(withCookie("D"))
			a := c.answer("GET")
			if !tt.moves {
				page(t, a, 503)
				return
			}
			if got := a.Header["Set-Cookie"]; a.server() != "webA" || len(got) != 1 || got[0] != "SERVERID=A; path=/" {
				t.Errorf("status %d by %s with Set-Cookie %q", a.StatusCode, a.server(), got)
			}
			if webA.Stats().Seen["Cookie:"] != 0 {
				t.Error("webA has seen the cookie")
			}
		})
	}
}

// A server that does not answer at all costs the connect timeout for each try, and then the client goes elsewhere too
// (guide section 4.1, limits).
func TestRedispatchAfterConnectTimeout(t *testing.T) {
	t.Parallel()
	s, _ := newHalfSite(t, insertCookie+"\nretries = 2\nredispatch = true")
	blackHole(t, s.place.server(1))
	s.run(t)
	c := dial(t, s.place.front())
	begin := time.Now()
	c.send(withCookie("D"))
	a := c.answer("GET")
	if got, _ := a.cookie("SERVERID"); a.server() != "webA" || got != "A" {
		t.Errorf("status %d by %s with cookie %q", a.StatusCode, a.server(), got)
	}
	within(t, begin, 2*100*time.Millisecond-5*time.Millisecond, settle)
}

// The request that goes elsewhere is still whole.
func TestRedispatchedBodies(t *testing.T) {
	t.Parallel()
	s, _ := newHalfSite(t, insertCookie+"\nretries = 1\nredispatch = true")
	s.run(t)
	for _, n := range []int{0, 5, 10_000, 20_000, 1_000_000} {
		body := string(pattern(t, int64(n)))
		for _, framed := range []string{
			fmt.Sprintf("Content-Length: %d\r\n\r\n%s", n, body),
			"Transfer-Encoding: chunked\r\n\r\n" + chunk(body) + "0\r\n\r\n",
		} {
			c := dial(t, s.place.front())
			go func() { _, _ = c.Write([]byte("POST /echo HTTP/1.1\r\nHost: h\r\nCookie: SERVERID=D\r\n" + framed)) }()
			if a := c.answer("POST"); a.StatusCode != 200 || a.body != body {
				t.Errorf("%d bytes, %.20q: status %d and %d bytes of %s", n, framed, a.StatusCode, len(a.body), a.server())
			}
		}
	}
}

func chunk(body string) string {
	if body == "" {
		return ""
	}
	return fmt.Sprintf("%x\r\n%s\r\n", len(body), body)
}

// In mode prefix the other server gets its own value of the cookie into the client's, and sees the value of the first one.
func TestRedispatchWithPrefix(t *testing.T) {
	t.Parallel()
	s, servers := newPuppets(t, 1)
	s.listen = "cookie = { name = \"JSESSIONID\", mode = \"prefix\" }\nretries = 1\nredispatch = true"
	s.timeout = `{ connect = "100ms", client = "30s", server = "30s" }`
	s.servers = append(s.servers, target{"webD", s.place.server(1), cookieOf("D")})
	s.run(t)
	c := dial(t, s.place.front())
	c.send("GET / HTTP/1.1\r\nHost: h\r\nCookie: JSESSIONID=D~123\r\n\r\n")
	v := servers.next()
	if want := "GET / HTTP/1.1\r\nHost: h\r\nCookie: JSESSIONID=123\r\n\r\n"; v.request != want {
		t.Errorf("webA got %q, want %q", v.request, want)
	}
	v.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: JSESSIONID=456\r\n\r\n")
	if got, _ := c.bytes("GET"); !strings.Contains(got, "\r\nSet-Cookie: JSESSIONID=A~456\r\n") {
		t.Errorf("the client got %q", got)
	}
}
