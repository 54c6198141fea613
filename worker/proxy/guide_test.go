package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"lbmaster/conf"
	"lbmaster/shared/counter"
	"lbmaster/shared/status"
)

// setsCookies answers every request with its head as the body, and cookies of its own.
func setsCookies(fields string) handler {
	return func(c net.Conn, in *bufio.Reader) {
		for {
			h := head(in)
			if !strings.HasSuffix(h, "\r\n\r\n") {
				return
			}
			io.WriteString(c, "HTTP/1.1 200 OK\r\n"+fields+"Content-Length: "+itoa(len(h))+"\r\n\r\n"+h)
		}
	}
}

// TestCookieModes is what each mode does to a request and to a response that sets the cookie itself.
func TestCookieModes(t *testing.T) {
	const own = "Set-Cookie: x=1\r\nSet-Cookie: SRV=own; path=/app\r\n"
	const others = "Set-Cookie: x=1\r\n"
	const inserted = "Set-Cookie: SRV=A; path=/\r\n"
	for i, tt := range []struct {
		name          string
		cookie        conf.Cookie
		sends, server string // Cookie fields
		gets          string // Set-Cookie fields
		last          string // fields at the end of the head
	}{
		{"plain", conf.Cookie{}, "SRV=A", "SRV=A", own, ""},
		{"plain, none", conf.Cookie{}, "", "", own, ""},
		{"plain indirect, reached", conf.Cookie{Indirect: true}, "SRV=A", "SRV=A", others, ""},
		{"plain indirect, none", conf.Cookie{Indirect: true}, "y=1", "y=1", own, ""},
		{"insert, none", conf.Cookie{Mode: conf.CookieInsert}, "y=1", "y=1", others, inserted},
		{"insert, reached", conf.Cookie{Mode: conf.CookieInsert}, "SRV=A", "SRV=A", others, ""},
		{"insert, unknown", conf.Cookie{Mode: conf.CookieInsert}, "SRV=Z", "SRV=Z", others, inserted},
		{"insert indirect, unknown", conf.Cookie{Mode: conf.CookieInsert, Indirect: true}, "SRV=Z; y=1", "y=1", others, inserted},
		{"insert nocache", conf.Cookie{Mode: conf.CookieInsert, NoCache: true}, "", "", others, inserted + "Cache-control: private\r\n"},
		{"insert nocache, reached", conf.Cookie{Mode: conf.CookieInsert, NoCache: true}, "SRV=A", "SRV=A", others, ""},
		{"insert postonly", conf.Cookie{Mode: conf.CookieInsert, PostOnly: true}, "", "", others, ""},
		{"rewrite", conf.Cookie{Mode: conf.CookieRewrite}, "SRV=A", "SRV=A", "Set-Cookie: x=1\r\nSet-Cookie: SRV=A; path=/app\r\n", ""},
		{"prefix", conf.Cookie{Mode: conf.CookiePrefix}, "z=1; SRV=A~B~c", "z=1; SRV=B~c", "Set-Cookie: x=1\r\nSet-Cookie: SRV=A~own; path=/app\r\n", ""},
		{"prefix, unknown", conf.Cookie{Mode: conf.CookiePrefix}, "SRV=Z~c", "SRV=c", "Set-Cookie: x=1\r\nSet-Cookie: SRV=A~own; path=/app\r\n", ""},
		{"prefix, none", conf.Cookie{Mode: conf.CookiePrefix}, "SRV=c", "SRV=c", "Set-Cookie: x=1\r\nSet-Cookie: SRV=A~own; path=/app\r\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cookie.Name = "SRV"
			f := start(t, fmt.Sprintf("127.61.2.%d", 1+i), func(c *conf.Config) { c.Backends[0].Cookie = &tt.cookie }, setsCookies(own))
			c := f.dial()
			c.send("GET / HTTP/1.1\r\nHost: a\r\n" + cookieField(tt.sends) + "\r\n")
			h := "GET / HTTP/1.1\r\nHost: a\r\n" + cookieField(tt.server) + "\r\n"
			c.want("HTTP/1.1 200 OK\r\n" + tt.gets + "Content-Length: " + itoa(len(h)) + "\r\n" + tt.last + "\r\n" + h)
		})
	}
}

func cookieField(value string) string {
	if value == "" {
		return ""
	}
	return "Cookie: " + value + "\r\n"
}

// TestAddedFields: what httpclose and forwardfor add comes last, in this order, and what concerns the client's
// connection goes.
func TestAddedFields(t *testing.T) {
	f := start(t, "127.61.3.2", func(c *conf.Config) {
		c.Frontends[0].HTTPClose, c.Backends[0].ForwardFor = true, true
	}, echoHead)
	c := f.dial()
	c.send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: keep-alive, Upgrade\r\nUpgrade: x\r\nB: c\r\n\r\n")
	want := echoed("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nB: c\r\nX-Forwarded-For: 127.0.0.1\r\nConnection: close\r\n\r\n", setA+"Connection: close\r\n")
	if got := c.wantEnd(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if n := f.proxy.backends[0].Servers[0].Gauges.Idle.Load(); n != 0 {
		t.Error("the server's connection was kept")
	}
}

// TestChoice is who serves a client, for each state of two servers, A and B, and their backups, which share their cookies.
func TestChoice(t *testing.T) {
	for i, tt := range []struct {
		name    string
		down    string // names of the servers that are down
		persist bool
		all     bool // allbackups
		cookie  string
		want    string // in order, for three requests; ".": 503
	}{
		{"all up", "", false, false, "", "aba"},
		{"cookie", "", false, false, "B", "bbb"},
		{"cookie of one that is down", "a", false, false, "A", "ccc"},
		{"a stale cookie before", "", false, false, "old; SERVERID=B", "bbb"},
		{"an empty cookie before", "", false, false, "; SERVERID=B", "bbb"},
		{"a stale field before", "", false, false, "old\r\nCookie: x=1; SERVERID=B", "bbb"},
		{"the first that can be used", "", false, false, "A; SERVERID=B", "aaa"},
		{"one that is down before", "ac", false, false, "A; SERVERID=B", "bbb"},
		{"none that can be used", "ac", false, false, "A; SERVERID=old", "bbb"},
		{"the backup is down too", "ac", false, false, "A", "bbb"},
		{"balance among actives", "a", false, false, "", "bbb"},
		{"first backup", "ab", false, false, "", "ccc"},
		{"first backup that is up", "abc", false, false, "", "ddd"},
		{"all backups", "ab", false, true, "", "cdc"},
		{"persist insists", "a", true, false, "A", "aaa"},
		{"persist does not concern the balance", "a", true, false, "", "bbb"},
		{"nobody", "abcd", false, false, "A", "..."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := start(t, fmt.Sprintf("127.61.4.%d", 1+i), func(c *conf.Config) {
				back := &c.Backends[0]
				back.Persist, back.AllBackups = tt.persist, tt.all
				for j := range back.Servers {
					back.Servers[j].Backup = j >= 2
					back.Servers[j].Cookie = string(rune('A' + j%2))
				}
			}, named("a"), named("b"), named("c"), named("d"))
			for _, name := range tt.down {
				f.do(func() { f.proxy.board.Store(int(name-'a'), status.State{Op: status.Down, Weight: 1}, 1) })
			}
			got := ""
			for range 3 {
				got += f.ask(tt.cookie)
			}
			if got != tt.want {
				t.Errorf("served by %q, want %q", got, tt.want)
			}
		})
	}
}

// named answers with a name.
func named(name string) handler {
	return script("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n" + name)
}

// ask is the body of an answer, "." for 503.
func (f *fixture) ask(cookie string) string {
	f.t.Helper()
	c := f.dial()
	c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: SERVERID=" + cookie + "\r\n\r\n")
	got := c.wantEnd()
	if strings.HasPrefix(got, "HTTP/1.1 503 ") {
		return "."
	}
	return got[len(got)-1:]
}

// TestMonitorNet: a client of the network gets its answer without having asked, and is no request.
func TestMonitorNet(t *testing.T) {
	f := start(t, "127.61.3.5", func(c *conf.Config) {
		c.Frontends[0].MonitorNet = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/30")}
	}, nil)
	c := f.dial()
	if got := c.wantEnd(); got != "HTTP/1.0 200 OK\r\n\r\n" {
		t.Errorf("got %q", got)
	}
	c = f.dial()
	c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if got := c.wantEnd(); got != "HTTP/1.0 200 OK\r\n\r\n" {
		t.Errorf("got %q", got)
	}
	if n := f.proxy.counters[counter.Requests].Load() + f.proxy.counters[counter.Sessions].Load(); n != 0 {
		t.Errorf("%d requests and sessions", n)
	}
}

// TestErrorfile: a page of the configuration stands instead of ours; HEAD gets its head.
func TestErrorfile(t *testing.T) {
	const page = "HTTP/1.1 503 Sorry\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater"
	f := start(t, "127.61.3.6", func(c *conf.Config) {
		c.Backends[0].Errorfile = map[int]conf.Errorfile{503: {Page: []byte(page)}}
		c.Frontends[0].Errorfile = map[int]conf.Errorfile{400: {Page: []byte("HTTP/1.1 400 No\r\n\r\nno")}}
	}, nil)
	for send, want := range map[string]string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n":  page,
		"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n": strings.TrimSuffix(page, "later"),
		"GET\r\n\r\n":                        "HTTP/1.1 400 No\r\n\r\nno",
	} {
		c := f.dial()
		c.send(send)
		if got := c.wantEnd(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
