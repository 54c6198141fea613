//go:build linux

package tests

import (
	"fmt"
	"strings"
	"testing"
)

// The guide, section 1: the first answer sets the cookie, later requests with it go to the same server, which never
// sees it, and the answer does not set it again.
func TestCookieSticks(t *testing.T) {
	t.Parallel()
	const n = 10_000
	s, origins := newSite(t, 4)
	s.workers, s.listen = 2, insertCookie
	s.run(t)
	client := newClient(t)
	first := fetch(t, client, s.place.url("/first"))
	value, ok := first.cookie("SERVERID")
	if want := strings.TrimPrefix(first.server(), "web"); !ok || value != want {
		t.Fatalf("%s answered with cookie %q, want %q", first.server(), value, want)
	}
	if got := first.Header["Set-Cookie"]; len(got) != 1 || got[0] != "SERVERID="+value+"; path=/" {
		t.Errorf("Set-Cookie %q", got)
	}
	for i := range n {
		a := fetch(t, client, s.place.url("/again"), "Cookie: SERVERID="+value)
		if a.server() != first.server() {
			t.Fatalf("request %d went to %s instead of %s", i, a.server(), first.server())
		}
		if again, ok := a.cookie("SERVERID"); ok {
			t.Fatalf("request %d: the cookie was set again, to %q", i, again)
		}
	}
	for _, o := range origins {
		if st := o.Stats(); st.Seen["Cookie:"] != 0 || o.name == first.server() && st.Requests != n+1 {
			t.Errorf("%s saw %+v", o.name, st)
		}
	}
}

// What becomes of the Cookie fields of a request, by server and by what the server received.
func TestCookieIsRemoved(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.listen = insertCookie
	s.run(t)
	tests := []struct {
		sent   []string // Cookie fields
		want   []string // as the server received them
		server string   // "": any
	}{
		{[]string{"SERVERID=A"}, nil, "webA"},
		{[]string{"SERVERID=B"}, nil, "webB"},
		{[]string{"foo=1; SERVERID=B; bar=2"}, []string{"foo=1; bar=2"}, "webB"},
		{[]string{"SERVERID=B; bar=2"}, []string{"bar=2"}, "webB"},
		{[]string{"foo=1; SERVERID=B"}, []string{"foo=1"}, "webB"},
		{[]string{"SERVERID=ZZ; x=1"}, []string{"x=1"}, ""},
		{[]string{"SERVERID=; x=1"}, []string{"x=1"}, ""},
		{[]string{`a="x;y"; SERVERID=B; c=d`}, []string{`a="x;y"; c=d`}, "webB"},
		{[]string{"a=1", "SERVERID=B"}, []string{"a=1"}, "webB"},
		{[]string{"serverid=B"}, []string{"serverid=B"}, ""},
		{[]string{"SERVERID2=B; XSERVERID=B"}, []string{"SERVERID2=B; XSERVERID=B"}, ""},
		{[]string{"SERVERID=A; SERVERID=B"}, nil, "webA"},
		{[]string{"a=1; b=2"}, []string{"a=1; b=2"}, ""},
	}
	for _, tt := range tests {
		var fields []string
		for _, v := range tt.sent {
			fields = append(fields, "Cookie: "+v)
		}
		for range 2 { // a second request would go elsewhere, were it not for the cookie
			a := dial(t, s.place.front()).get("/headers", 200, fields...)
			if got := cookieFields(a.body); fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("sent %q, the server got %q, want %q", tt.sent, got, tt.want)
			}
			if tt.server != "" && a.server() != tt.server {
				t.Errorf("sent %q, answered by %s, want %s", tt.sent, a.server(), tt.server)
			}
			if _, set := a.cookie("SERVERID"); set != (tt.server == "") {
				t.Errorf("sent %q: cookie set %v, want %v", tt.sent, set, tt.server == "")
			}
		}
	}
}

// cookieFields returns the Cookie fields of a head.
func cookieFields(head string) []string {
	var out []string
	for line := range strings.Lines(head) {
		if v, ok := strings.CutPrefix(line, "Cookie: "); ok {
			out = append(out, strings.TrimRight(v, "\r\n"))
		}
	}
	return out
}

// On one connection every request is looked at, not only the first.
func TestCookieOfEveryRequestCounts(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 4)
	s.listen = insertCookie
	s.run(t)
	c := dial(t, s.place.front())
	for i := range 40 {
		letter := string(rune('A' + i*7%4))
		if a := c.get("/", 200, "Cookie: SERVERID="+letter); a.server() != "web"+letter {
			t.Fatalf("request %d with cookie %s was answered by %s", i, letter, a.server())
		}
	}
}

// In insert mode the cookie belongs to lbmaster: a server cannot set one of that name, but any other.
func TestCookieOfTheServer(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.listen = insertCookie
	s.run(t)
	c := dial(t, s.place.front())
	tests := []struct {
		path, sent string
		want       []string
	}{
		{"/set-cookie/SERVERID/evil", "", []string{"SERVERID=A; path=/"}},
		{"/set-cookie/SERVERID/evil", "SERVERID=A", nil},
		{"/set-cookie/other/1", "", []string{"other=1; path=/", "SERVERID=A; path=/"}},
		{"/set-cookie/other/1", "SERVERID=A", []string{"other=1; path=/"}},
	}
	for _, tt := range tests {
		a := c.get(tt.path, 200, "Cookie: "+or(tt.sent, "none=1"))
		if got := a.Header["Set-Cookie"]; fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("GET %s with cookie %q: Set-Cookie %q, want %q", tt.path, tt.sent, got, tt.want)
		}
	}
}
