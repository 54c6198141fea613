//go:build linux

package tests

import (
	"errors"
	"net"
	"strings"
	"testing"
)

const (
	getLine  = "GET / HTTP/1.1\r\n"
	postHead = "POST /upload HTTP/1.1\r\nHost: h\r\n"
	hostLine = "Host: h\r\n"
	crlf     = "\r\n"
)

// malformed are requests that must be answered with the given status and the end of the connection, and of which
// no server may learn. Every request is sent as it stands, in one piece.
var malformed = []struct {
	name    string
	request string
	status  int
}{
	// The request line, RFC 9112 section 3.
	{"empty method", " / HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"method with a control character", "G\x01T / HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"method with a colon", "GE:T / HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"method with a bracket", "GET( / HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"method with a high byte", "G\xc3\xa9T / HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"two blanks before the target", "GET  / HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"two blanks before the version", "GET /  HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"tab instead of a blank", "GET\t/\tHTTP/1.1\r\n" + hostLine + crlf, 400},
	{"blank at the end of the line", "GET / HTTP/1.1 \r\n" + hostLine + crlf, 400},
	{"blank in the target", "GET /a b HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"control character in the target", "GET /a\x01b HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"NUL in the target", "GET /a\x00b HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"DEL in the target", "GET /a\x7fb HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"bare CR in the request line", "GET /a\rb HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"no target", "GET HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"empty target", "GET  HTTP/1.1\r\n" + hostLine + crlf, 400},
	{"HTTP/0.9", "GET /\r\n" + crlf, 400},
	{"no version but a blank", "GET / \r\n" + hostLine + crlf, 400},
	{"lower-case version", "GET / http/1.1\r\n" + hostLine + crlf, 400},
	{"version with a word", "GET / HTTP/x.y\r\n" + hostLine + crlf, 400},
	{"version without a dot", "GET / HTTP/11\r\n" + hostLine + crlf, 400},
	{"version with two digits", "GET / HTTP/1.10\r\n" + hostLine + crlf, 400},
	{"another protocol", "GET / RTSP/1.0\r\n" + hostLine + crlf, 400},
	{"HTTP/2.0", "GET / HTTP/2.0\r\n" + hostLine + crlf, 505},
	{"HTTP/3.0", "GET / HTTP/3.0\r\n" + hostLine + crlf, 505},
	{"preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
	{"bare LF after the request line", "GET / HTTP/1.1\n" + hostLine + crlf, 400},
	{"a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x00\xff", 40) + "\r\n\r\n", 400},
	{"garbage", "hello, is this thing on?\r\n\r\n", 400},

	// Header fields, RFC 9112 section 5.
	{"blank before the colon", getLine + "Host : h\r\n" + crlf, 400},
	{"tab before the colon", getLine + hostLine + "X\t: y\r\n" + crlf, 400},
	{"no colon", getLine + hostLine + "X-y\r\n" + crlf, 400},
	{"empty name", getLine + hostLine + ": y\r\n" + crlf, 400},
	{"blank in the name", getLine + hostLine + "X Y: z\r\n" + crlf, 400},
	{"control character in the name", getLine + hostLine + "X\x02: y\r\n" + crlf, 400},
	{"high byte in the name", getLine + hostLine + "X\xff: y\r\n" + crlf, 400},
	{"slash in the name", getLine + hostLine + "X/Y: z\r\n" + crlf, 400},
	{"blank before the first name", getLine + " Host: h\r\n" + crlf, 400},
	{"folded line", getLine + hostLine + "X: a\r\n b\r\n" + crlf, 400},
	{"folded line with a tab", getLine + hostLine + "X: a\r\n\tb\r\n" + crlf, 400},
	{"NUL in the value", getLine + hostLine + "X: a\x00b\r\n" + crlf, 400},
	{"control character in the value", getLine + hostLine + "X: a\x08b\r\n" + crlf, 400},
	{"DEL in the value", getLine + hostLine + "X: a\x7fb\r\n" + crlf, 400},
	{"bare CR in the value", getLine + hostLine + "X: a\rb\r\n" + crlf, 400},
	{"two CR at the end of a line", getLine + hostLine + "X: a\r\r\n" + crlf, 400},
	{"bare LF after a field", getLine + hostLine + "X: a\n" + crlf, 400},
	{"bare LF as the empty line", getLine + hostLine + "\n", 400},

	// Host, RFC 9112 section 3.2.
	{"no Host", getLine + crlf, 400},
	{"two Hosts", getLine + hostLine + "Host: i\r\n" + crlf, 400},
	{"the same Host twice", getLine + hostLine + hostLine + crlf, 400},
	{"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\n" + hostLine + "Host: i\r\n" + crlf, 400},
	{"Host with a blank", getLine + "Host: a b\r\n" + crlf, 400},
	{"Host with a slash", getLine + "Host: a/b\r\n" + crlf, 400},
	{"Host with a user", getLine + "Host: u@h\r\n" + crlf, 400},

	// Lengths, RFC 9112 section 6.
	{"both lengths", postHead + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
	{"both lengths, the other way round", postHead + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
	{"two different lengths", postHead + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400},
	{"the same length twice", postHead + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400},
	{"list of lengths", postHead + "Content-Length: 5, 5\r\n\r\nhello", 400},
	{"empty length", postHead + "Content-Length:\r\n\r\n", 400},
	{"negative length", postHead + "Content-Length: -1\r\n\r\n", 400},
	{"signed length", postHead + "Content-Length: +5\r\n\r\nhello", 400},
	{"hexadecimal length", postHead + "Content-Length: 0x5\r\n\r\nhello", 400},
	{"length with a blank", postHead + "Content-Length: 1 5\r\n\r\nhello", 400},
	{"length with a letter", postHead + "Content-Length: 5a\r\n\r\nhello", 400},
	{"length with a fraction", postHead + "Content-Length: 5.0\r\n\r\nhello", 400},
	{"length beyond 64 bits", postHead + "Content-Length: 18446744073709551617\r\n\r\nh", 400},
	{"length beyond 63 bits", postHead + "Content-Length: 9223372036854775808\r\n\r\nh", 400},
	{"chunked is not last", postHead + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400},
	{"chunked twice", postHead + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400},
	{"chunked in two fields", postHead + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
	{"unknown coding below chunked", postHead + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
	{"something like chunked", postHead + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
	{"quoted chunked", postHead + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400},
	{"chunked with a vertical tab", postHead + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400},
	{"empty coding", postHead + "Transfer-Encoding:\r\n\r\n0\r\n\r\n", 400},
	{"chunked in HTTP/1.0", "POST /upload HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},

	// Sizes, RFC 9112 section 3 and RFC 6585 section 5.
	{"huge target", "GET /" + strings.Repeat("a", 100_000) + " HTTP/1.1\r\n" + hostLine + crlf, 414},
	{"huge method", strings.Repeat("A", 100_000) + " / HTTP/1.1\r\n" + hostLine + crlf, 414}, // nobody looks for its end
	{"huge value", getLine + hostLine + "X: " + strings.Repeat("a", 100_000) + crlf + crlf, 431},
	{"huge name", getLine + hostLine + strings.Repeat("a", 100_000) + ": x\r\n" + crlf, 431},
	{"100,000 fields", getLine + hostLine + strings.Repeat("X: y\r\n", 100_000) + crlf, 431},
	{"1,000 short fields", getLine + hostLine + strings.Repeat("X:\r\n", 1000) + crlf, 431},
}

// malformedChunks are bodies of a good head. Whoever has begun to forward the request must not complete it.
var malformedChunks = []struct{ name, body string }{
	{"no size", "\r\nhello\r\n0\r\n\r\n"},
	{"bad digit", "5g\r\nhello\r\n0\r\n\r\n"},
	{"hexadecimal prefix", "0x5\r\nhello\r\n0\r\n\r\n"},
	{"signed size", "+5\r\nhello\r\n0\r\n\r\n"},
	{"negative size", "-5\r\nhello\r\n0\r\n\r\n"},
	{"blank before the size", " 5\r\nhello\r\n0\r\n\r\n"},
	{"size beyond 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"},
	{"size beyond 63 bits", "8000000000000000\r\nhello\r\n0\r\n\r\n"},
	{"endless zeros", strings.Repeat("0", 10_000) + "5\r\nhello\r\n0\r\n\r\n"},
	{"bare LF after the size", "5\nhello\r\n0\r\n\r\n"},
	{"bare CR after the size", "5\rhello\r\n0\r\n\r\n"},
	{"bare LF after the data", "5\r\nhello\n0\r\n\r\n"},
	{"data longer than its size", "5\r\nhello!\r\n0\r\n\r\n"},
	{"bare LF in an extension", "5;a\nhello\r\n0\r\n\r\n"},
	{"NUL in an extension", "5;\x00\r\nhello\r\n0\r\n\r\n"},
	{"endless extension", "5;" + strings.Repeat("x", 100_000) + "\r\nhello\r\n0\r\n\r\n"},
	{"trailer without a colon", "0\r\nX\r\n\r\n"},
	{"trailer with a blank before the colon", "0\r\nX : y\r\n\r\n"},
	{"folded trailer", "0\r\nX: y\r\n z\r\n\r\n"},
	{"bare LF in the trailer", "0\r\nX: y\n\r\n"},
	{"NUL in the trailer", "0\r\nX: \x00\r\n\r\n"},
	{"endless trailer", "0\r\n" + strings.Repeat("X: y\r\n", 50_000) + "\r\n"},
}

func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.workers = 2
	b := s.run(t)
	alive := b.workers()
	for _, tt := range malformed {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, s.place.front())
			go func() { _, _ = c.Write([]byte(tt.request)) }()
			if a := c.answer("GET"); a.StatusCode != tt.status {
				t.Fatalf("status %d, want %d", a.StatusCode, tt.status)
			}
			c.closed()
		})
	}
	b.sameWorkers(alive)
	if st := origins[0].Stats(); st.Requests != 0 || st.BadRequests != 0 {
		t.Errorf("the server saw something: %+v", st)
	}
}

// A second request on a connection is treated like the first, and one that is good is answered before.
func TestMalformedAfterGood(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.run(t)
	for _, tt := range malformed {
		c := dial(t, s.place.front())
		go func() { _, _ = c.Write([]byte("GET /good HTTP/1.1\r\nHost: h\r\n\r\n" + tt.request)) }()
		if a := c.answer("GET"); a.StatusCode != 200 || a.body != "webA /good\n" {
			t.Errorf("%s: status %d, body %q for the good request", tt.name, a.StatusCode, a.body)
		}
		if a := c.answer("GET"); a.StatusCode != tt.status {
			t.Errorf("%s: status %d, want %d", tt.name, a.StatusCode, tt.status)
			continue
		}
		c.closed()
	}
	if st := origins[0].Stats(); st.Requests != int64(len(malformed)) || st.BadRequests != 0 {
		t.Errorf("the server saw something: %+v", st)
	}
}

// The verdict must not depend on how the bytes are cut into packets.
func TestMalformedInPieces(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.run(t)
	for _, tt := range malformed {
		if len(tt.request) > 1000 {
			continue
		}
		c := dial(t, s.place.front())
		go func() {
			for i := range len(tt.request) {
				if _, err := c.Write([]byte{tt.request[i]}); err != nil {
					return
				}
			}
		}()
		if a, err := c.read("GET"); err != nil || a.StatusCode != tt.status {
			t.Errorf("%s: %+v, %v, want status %d", tt.name, a.Response, err, tt.status)
			continue
		}
		c.closed()
	}
	if st := origins[0].Stats(); st.Requests != 0 || st.BadRequests != 0 {
		t.Errorf("the server saw something: %+v", st)
	}
}

// A body that is malformed from its first packet on is refused before anything is forwarded.
func TestMalformedChunks(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.run(t)
	for _, tt := range malformedChunks {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, s.place.front())
			go func() { _, _ = c.Write([]byte(postHead + "Transfer-Encoding: chunked\r\n\r\n" + tt.body)) }()
			if a := c.answer("POST"); a.StatusCode != 400 {
				t.Fatalf("status %d, want 400", a.StatusCode)
			}
			c.closed()
		})
	}
	// The server may have seen heads, when a body was longer than what fits with them, but no complete request.
	if st := origins[0].Stats(); st.Requests != st.BadRequests {
		t.Errorf("the server saw a complete request: %+v", st)
	}
}

// A body that turns out to be malformed later cuts the request that is under way.
func TestMalformedChunksLater(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.run(t)
	for _, tt := range malformedChunks {
		t.Run(tt.name, func(t *testing.T) {
			before := origins[0].Stats().Requests
			c := dial(t, s.place.front())
			c.send(postHead + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
			if !soon(func() bool { return origins[0].Stats().Requests > before }) {
				t.Fatal("the head was not forwarded")
			}
			go func() { _, _ = c.Write([]byte(tt.body)) }()
			a, err := c.read("POST")
			if reset := new(net.OpError); err != nil && !errors.As(err, &reset) {
				t.Errorf("no answer: %v", err)
			} else if err == nil && a.StatusCode != 400 {
				t.Errorf("status %d, want 400", a.StatusCode)
			}
			c.closed()
		})
	}
	if !soon(func() bool { st := origins[0].Stats(); return st.Requests == st.BadRequests }) {
		t.Errorf("the server saw a complete request: %+v", origins[0].Stats())
	}
}

// What looks strange but is allowed must pass.
func TestUnusualButGoodRequests(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	tests := []struct{ name, request string }{
		{"empty line before the request", "\r\nGET / HTTP/1.1\r\n" + hostLine + crlf},
		{"no blank after the colon", getLine + "Host:h\r\n" + crlf},
		{"blanks around the value", getLine + "Host: \t h \t \r\n" + crlf},
		{"empty value", getLine + hostLine + "X:\r\n" + crlf},
		{"empty Host", getLine + "Host:\r\n" + crlf},
		{"high bytes in a value", getLine + hostLine + "X: caf\xc3\xa9 \xff\r\n" + crlf},
		{"all characters of a token", getLine + hostLine + "!#$%&'*+-.^_`|~09aZ: x\r\n" + crlf},
		{"unknown method", "BREW / HTTP/1.1\r\n" + hostLine + crlf},
		{"lower-case method is another method", "get / HTTP/1.1\r\n" + hostLine + crlf},
		{"asterisk", "OPTIONS * HTTP/1.1\r\n" + hostLine + crlf},
		{"absolute target", "GET http://h/x HTTP/1.1\r\n" + hostLine + crlf},
		{"Host with a comma", getLine + "Host: a,b\r\n" + crlf},
		{"Host with a port", getLine + "Host: h:80\r\n" + crlf},
		{"Host is an IPv6 address", getLine + "Host: [::1]:80\r\n" + crlf},
		{"query and odd characters", "GET /a?b=c&d=[e]|f{g}^`\"<> HTTP/1.1\r\n" + hostLine + crlf},
		{"zero length", postHead + "Content-Length: 0\r\n\r\n"},
		{"length with leading zeros", postHead + "Content-Length: 0000005\r\n\r\nhello"},
		{"chunked in capitals", postHead + "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n"},
		{"chunk with an extension", postHead + "Transfer-Encoding: chunked\r\n\r\n5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n"},
		{"chunk size with zeros", postHead + "Transfer-Encoding: chunked\r\n\r\n0005\r\nhello\r\n000\r\n\r\n"},
		{"trailer", postHead + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n"},
		{"GET with a body", getLine + hostLine + "Content-Length: 5\r\n\r\nhello"},
		{"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n"},
		{"100 fields", getLine + hostLine + strings.Repeat("X: y\r\n", 99) + crlf},
		{"long value", getLine + hostLine + "X: " + strings.Repeat("a", 7000) + "\r\n" + crlf},
	}
	for _, tt := range tests {
		c := dial(t, s.place.front())
		c.send(tt.request)
		if a, err := c.read("GET"); err != nil || a.StatusCode != 200 {
			t.Errorf("%s: %+v, %v, want status 200", tt.name, a.Response, err)
		}
	}
}
