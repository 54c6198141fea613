//go:build linux

package tests

import (
	"fmt"
	"strings"
	"testing"
)

const captureLines = `capture_cookie = { name = "ASPSESSION", len = 16 }
capture_request_headers = [{ name = "Host", len = 10 }, { name = "X-Note" }]
capture_response_headers = [{ name = "Location", len = 8 }, { name = "Server" }]`

// captured are exchanges and what httplog shows of their cookies and header fields, as HAProxy 2.6 was seen to do it.
var captured = []struct {
	name               string
	request, response  list // fields
	cookies, shownHere string
}{
	{"nothing", nil, nil, "- -", "{h|} {|}"},
	{"headers", list{"X-Note: hi", "Other: x"}, list{"Server: webA", "Location: /there"}, "- -", "{h|hi} {/there|webA}"},
	{"any case", list{"x-nOTE: hi"}, list{"SERVER: webA"}, "- -", "{h|hi} {|webA}"},
	{"cut at len", nil, list{"Location: /12345678"}, "- -", "{h|} {/1234567|}"},
	{"cut at 64", list{"X-Note: " + strings.Repeat("n", 70)}, nil, "- -", "{h|" + strings.Repeat("n", 64) + "} {|}"},
	{"the last counts", list{"X-Note: 1", "X-Note: 2"}, list{"Server: a", "Server: b"}, "- -", "{h|2} {|b}"},
	{"escapes", list{"X-Note: a|b{c}d\"e#f\tg caf\xc3\xa9"}, nil, "- -", "{h|a#7Cb#7Bc#7Dd#22e#23f#09g caf#C3#A9} {|}"},
	{"cookie", list{"Cookie: a=1; ASPSESSION=xyz; b=2"}, nil, "ASPSESSION=xyz -", "{h|} {|}"},
	{"cookie by the beginning of its name", list{"Cookie: ASPSESSIONX=1"}, nil, "ASPSESSIONX=1 -", "{h|} {|}"},
	{"another cookie", list{"Cookie: XASPSESSION=1"}, nil, "- -", "{h|} {|}"},
	{"cookie of the response", nil, list{"Set-Cookie: a=1", "Set-Cookie: ASPSESSION=new; path=/"}, "- ASPSESSION=new", "{h|} {|}"},
	{
		"cookies are cut at len",
		list{"Cookie: ASPSESSION=0123456789"},
		list{"Set-Cookie: ASPSESSION=9876543210"},
		"ASPSESSION=01234 ASPSESSION=98765", "{h|} {|}",
	},
}

func TestCaptures(t *testing.T) {
	t.Parallel()
	s, servers := newPuppets(t, 1)
	log := newSink(t, s.place)
	s.listen = log.target() + "\nlog_format = \"httplog\"\n" + captureLines
	s.run(t)
	c := dial(t, s.place.front())
	for range 2 { // what was captured is forgotten with the next request
		for _, tt := range captured {
			c.send("GET / HTTP/1.1\r\nHost: h\r\n" + lines(tt.request) + "\r\n")
			servers.next().answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + lines(tt.response) + "\r\n")
			c.bytes("GET")
			if l := log.http(); l.cookies != tt.cookies || l.headers != tt.shownHere {
				t.Errorf("%s: logged %s, want %s and %s", tt.name, l.line, tt.cookies, tt.shownHere)
			}
		}
	}
}

// Braces are there only if something is to be captured, and of a request that was refused what was there.
func TestCapturesThatAreNot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ lines, want string }{
		{"", ""},
		{`capture_request_headers = [{ name = "Host", len = 20 }]`, "{h}"},
		{`capture_response_headers = [{ name = "Server" }]`, "{}"},
	} {
		t.Run(or(tt.want, "none"), func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t, 1)
			log := newSink(t, s.place)
			s.listen = log.target() + "\nlog_format = \"httplog\"\n" + tt.lines
			b := s.run(t)
			b.board().down("webA")
			c := dial(t, s.place.front())
			c.send(plainGet)
			page(t, c.answer("GET"), 503)
			if l := log.http(); l.headers != tt.want || l.cookies != "- -" {
				t.Errorf("logged %s, want %s", l.line, or(tt.want, "no braces"))
			}
		})
	}
}

// What is captured in a large request with many fields is the same.
func TestCapturesOfManyFields(t *testing.T) {
	t.Parallel()
	s, servers := newPuppets(t, 1)
	log := newSink(t, s.place)
	s.listen = log.target() + "\nlog_format = \"httplog\"\n" + captureLines
	s.run(t)
	var many list
	for i := range 80 {
		many = append(many, fmt.Sprintf("X-Field-%d: %s", i, strings.Repeat("x", 100)))
	}
	c := dial(t, s.place.front())
	c.send("GET / HTTP/1.1\r\nHost: h\r\n" + lines(many) + "X-Note: last\r\n\r\n")
	servers.next().answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + lines(many) + "Server: last\r\n\r\n")
	c.bytes("GET")
	if l := log.http(); l.headers != "{h|last} {|last}" {
		t.Errorf("logged %s", l.line)
	}
}
