package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"lbmaster/conf"
	"lbmaster/shared/counter"
)

// TestFramings is what clients get of responses whose framing needs a second thought, and whether both connections go on.
func TestFramings(t *testing.T) {
	const chunks = "3\r\nabc\r\n2 ;x=y\r\nde\r\n0\r\nT: v\r\n\r\n"
	for i, tt := range []struct {
		name     string
		request  string // without the end
		response string
		want     string // without Set-Cookie
		client   bool   // its connection goes on
		server   bool
	}{
		{"204 with a length", "GET / HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 204 x\r\nContent-Length: 0\r\nA: b\r\n\r\n", "HTTP/1.1 204 x\r\nA: b\r\n\r\n", true, true},
		{"204 with chunks", "GET / HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 204 x\r\n\r\n", true, false},
		{"204 with a body", "GET / HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 204 x\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 204 x\r\n\r\n", true, false},
		{
			"103 with a length", "GET / HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 103 x\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n",
			"HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n", true, true,
		},
		{"old client, chunks", "GET / HTTP/1.0\r\n", "HTTP/1.1 200 x\r\nTrailer: T\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, "HTTP/1.1 200 x\r\nConnection: close\r\n\r\nabcde", false, true},
		{
			"old client that stays, chunks", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n", "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks,
			"HTTP/1.1 200 x\r\nConnection: close\r\n\r\nabcde", false, true,
		},
		{"old client, HEAD", "HEAD / HTTP/1.0\r\n", "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 x\r\nConnection: close\r\n\r\n", false, true},
		{"blanks before an extension", "GET / HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, true, true},
		{"no blank behind the status", "GET / HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 204\r\nA: b\r\n\r\n", "HTTP/1.1 204 \r\nA: b\r\n\r\n", true, true},
		{"a version of our own", "GET / HTTP/1.1\r\nHost: a\r\n", "HTTP/1.7 200 x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n", true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := start(t, fmt.Sprintf("127.61.12.%d", i+51), func(c *conf.Config) { c.Backends[0].Servers[0].Cookie = "" }, func(c net.Conn, in *bufio.Reader) {
				for head(in) != "" {
					io.WriteString(c, tt.response)
				}
			})
			f.exchange(tt.request, tt.want, tt.client, tt.server)
		})
	}
}

// exchange sends a request twice if the client's connection goes on, else on two connections.
func (f *fixture) exchange(request, want string, client, server bool) {
	f.t.Helper()
	c := f.dial()
	var got string
	for i := range 2 {
		if i > 0 && !client {
			c = f.dial()
		}
		c.send(request + "Cookie: SERVERID=A\r\n\r\n")
		if client {
			buf := make([]byte, len(want)+len(expired))
			n, err := io.ReadFull(c.in, buf)
			if got = string(buf[:n]); err != nil {
				f.t.Fatalf("got %q, %v", got, err)
			}
		} else {
			got = c.wantEnd()
		}
		if got = strings.Replace(got, expired, "", 1); got != want {
			f.t.Fatalf("got %q\nwant %q", got, want)
		}
	}
	if n := f.proxy.backends[0].Servers[0].Counters[counter.Reuses].Load(); n > 0 != server {
		f.t.Errorf("the server's connection was used again %d times, want %v", n, server)
	}
}

// expired is what a server without a cookie's value adds.
const expired = "Set-Cookie: SERVERID=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/\r\n"

// TestTolerantBackend: responses that break rules go on as everybody understands them, when the backend takes them at all.
func TestTolerantBackend(t *testing.T) {
	const get = "GET / HTTP/1.1\r\nHost: a\r\n"
	for i, tt := range []struct {
		name     string
		response string
		want     string
		server   bool
	}{
		{"bare LF", "HTTP/1.1 200 x\nContent-Length: 2\n\nok", "HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nok", true},
		{
			"bare LF, much of a head", "HTTP/1.1 204 x\n" + strings.Repeat("A: b\n", 100) + "B: " + strings.Repeat("c", 14000) + "\n\n",
			"HTTP/1.1 204 x\r\n" + strings.Repeat("A: b\r\n", 100) + "B: " + strings.Repeat("c", 14000) + "\r\n\r\n", true,
		},
		{"two lengths", "HTTP/1.1 200 x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nok", true},
		{
			"length and chunks", "HTTP/1.1 200 x\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
			"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false,
		},
		{"folded field", "HTTP/1.1 200 x\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 x\r\nA: b   c\r\nContent-Length: 2\r\n\r\nok", true},
		{"empty line before", "\r\nHTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nok", true},
		{
			"empty line after 100", "HTTP/1.1 100 x\r\n\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nok",
			"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nok", true,
		},
		{"two blanks", "HTTP/1.1  200 x\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nok", true},
		{
			"padded sizes", "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2  \r\nok\r\n0   \r\n\r\n",
			"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2  \r\nok\r\n0   \r\n\r\n", true,
		},
		{
			"chunks of 1.0", "HTTP/1.0 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
			"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false,
		},
	} {
		for j, tolerant := range []bool{true, false} {
			t.Run(fmt.Sprint(tt.name, ", ", tolerant), func(t *testing.T) {
				f := start(t, fmt.Sprintf("127.61.12.%d", 100+2*i+j), func(c *conf.Config) {
					c.Backends[0].Servers[0].Cookie = ""
					c.Backends[0].AcceptInvalidResponses = tolerant
				}, func(c net.Conn, in *bufio.Reader) {
					for head(in) != "" {
						io.WriteString(c, tt.response)
					}
				})
				if tolerant {
					f.exchange(get, tt.want, true, tt.server)
					return
				}
				c := f.dial()
				c.send(get + "\r\n")
				if got := c.wantEnd(); !strings.Contains(got, "HTTP/1.1 502 ") {
					t.Errorf("the client got %q", got)
				}
			})
		}
	}
}
