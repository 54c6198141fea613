package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"lbmaster/conf"
)

const getA = "GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n"

// next is the next line of the log, without its header.
func (l *logs) next() string {
	l.t.Helper()
	line := make([]byte, 8<<10)
	l.conn.SetReadDeadline(time.Now().Add(fatal))
	n, err := l.conn.Read(line)
	if err != nil {
		l.t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(line[:n]), "]: ")
	return text
}

const chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

// faults are bad messages, and what the log says of each.
var faults = []struct {
	name   string
	send   string
	server []string // what the server says, with a moment between
	want   string   // "%s" stands for the client
}{
	{"request line", "\x16\x03\x01", nil, "Bad request: client %s, frontend web, server web/<NOSRV>, status 400: the method is not a token, at position 0 of 3"},
	{"field", getA + "X : y", nil, "Bad request: client %s, frontend web, server web/<NOSRV>, status 400: there is white space between a field name and the colon, at position 46 of 50"},
	{"target too long", "GET /" + strings.Repeat("x", conf.DefaultMaxHeader), nil, "Bad request: client %s, frontend web, server web/<NOSRV>, status 414: the head is too large, at position 15360 of 15365"},
	{"version", "GET / HTTP/2.0\r\n\r\n", nil, "Bad request: client %s, frontend web, server web/<NOSRV>, status 505: the version is not HTTP/1.x, at position 11 of 18"},
	{"coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x, chunked\r\n\r\n", nil, "Bad request: client %s, frontend web, server web/<NOSRV>, status 501: Transfer-Encoding is not chunked, at position 26 of 59"},
	{"request body", getA + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd", nil, "Bad request: client %s, frontend web, server web/a, status 400: the data of a chunk does not end with CR LF, at position 81 of 82"},
	{"status line", getA + "\r\n", []string{"SSH-2.0"}, "Bad response: client %s, frontend web, server web/a, status 502: the status line is malformed, at position 0 of 7"},
	{"response field", getA + "\r\n", []string{"HTTP/1.1 200 OK\r\nA\x00"}, "Bad response: client %s, frontend web, server web/a, status 502: a field name is missing, too long or not a token, at position 18 of 19"},
	{"response too large", getA + "\r\n", []string{"HTTP/1.1 200 " + strings.Repeat("x", conf.DefaultMaxHeader)}, "Bad response: client %s, frontend web, server web/a, status 502: the head is too large"},
	{"after an interim one", getA + "\r\n", []string{"HTTP/1.1 102 P\r\n\r\nHTTP/2"}, "Bad response: client %s, frontend web, server web/a, status 502: the version is not HTTP/1.x, at position 5 of 6"},
	{"response body", getA + "\r\n", []string{chunkedHead + "3\r\nabcd"}, "Bad response: client %s, frontend web, server web/a, status 502: the data of a chunk does not end with CR LF, at position 53 of 54"},
	{"response body later", getA + "\r\n", []string{chunkedHead + "3\r\nabc\r\n", "what"}, "Bad response: client %s, frontend web, server web/a, status 200, cut: a chunk size is malformed or too large, at position 55 of 59"},
	{"response body after much", getA + "\r\n", []string{chunkedHead + "3\r\nabc\r\n", "3\r\nabc\r\n3\r\nabcd"}, "Bad response: client %s, frontend web, server web/a, status 200, cut: the data of a chunk does not end with CR LF, at position 69 of 70"},
	{"response body for HTTP/1.0", "GET / HTTP/1.0\r\nCookie: SERVERID=A\r\n\r\n", []string{chunkedHead + "3\r\nabc\r\n", "3\r\nabcd"}, "Bad response: client %s, frontend web, server web/a, status 200, cut: the data of a chunk does not end with CR LF, at position 61 of 62"},
	{"unwanted protocol", getA + "\r\n", []string{"HTTP/1.1 101 x\r\n\r\n"}, "Bad response: client %s, frontend web, server web/a, status 502: the server changes to a protocol that the client has not asked for, or before it has got the request"},
	{"interim ones", getA + "\r\n", []string{strings.Repeat("HTTP/1.1 102 x\r\n\r\n", maxInterim+1)}, "Bad response: client %s, frontend web, server web/a, status 502: there are too many interim responses at a time"},
}

// utters answers a request with texts. Each is sent when the client has got what came before.
func utters(texts []string, got <-chan bool) handler {
	return func(c net.Conn, in *bufio.Reader) {
		head(in)
		for i, text := range texts {
			if i > 0 {
				<-got
			}
			io.WriteString(c, text)
		}
		in.ReadByte() // waits
	}
}

// TestFaultsAreLogged: behind the line of a request or response that was bad stands why.
func TestFaultsAreLogged(t *testing.T) {
	for i, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			got := make(chan bool, 1)
			f, l := startLogging(t, fmt.Sprintf("127.61.10.%d", 1+i), nil, utters(tt.server, got))
			c := f.dial()
			c.send(tt.send)
			if len(tt.server) > 1 {
				c.want("HTTP/1.1 200")
			}
			got <- true
			io.ReadAll(c.in)
			if line := l.next(); !strings.Contains(line, " web web/") {
				t.Errorf("the first line is %s", line)
			}
			if line, want := l.next(), fmt.Sprintf(tt.want, c.LocalAddr()); line != want+"\n" {
				t.Errorf("got  %swant %s", line, want)
			}
		})
	}
}

// TestFaultsOfOthersAreNotLogged: a frontend that does not log requests does not log what is wrong with them, and a request that is
// good says nothing of a bad one before it.
func TestFaultsOfOthersAreNotLogged(t *testing.T) {
	f, l := startLogging(t, "127.61.10.41", func(c *conf.Config) { c.Frontends[0].LogFormat = "" }, nil)
	c := f.dial()
	c.send("\x16")
	c.wantEnd()
	f.dial()
	for range 2 {
		if line := l.next(); !strings.HasPrefix(line, "Connect from ") {
			t.Errorf("logged: %s", line)
		}
	}
	f, l = startLogging(t, "127.61.10.42", nil, echoHead)
	c = f.dial()
	c.send("\x16")
	c.wantEnd()
	for range 2 {
		l.next()
	}
	for range 2 {
		c = f.dial()
		c.send(getA + "\r\n")
		c.want("HTTP/1.1 200")
		if line := l.next(); strings.HasPrefix(line, "Bad ") {
			t.Errorf("logged: %s", line)
		}
	}
}
