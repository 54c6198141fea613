package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/counter"
	"lbmaster/shared/faults"
	"lbmaster/worker/exchange/http"
	"lbmaster/worker/sock"
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

// badMessages are what the log says of each, and what is kept of it; and what the log says of each.
var badMessages = []struct {
	name   string
	send   string
	server []string // what the server says, with a moment between
	want   string   // "%s" stands for the client
	shown  string
}{
	{
		"request line", "\x16\x03\x01", nil,
		"Bad request: client %s, frontend web, server web/<NOSRV>, status 400: the method is not a token, at position 0 of 3",
		`request web// 400 cut=false: the method is not a token, 0 of 3, 0 "\x16\x03\x01"`,
	},
	{
		"field", getA + "X : y", nil,
		"Bad request: client %s, frontend web, server web/<NOSRV>, status 400: there is white space between a field name and the colon, at position 46 of 50",
		`request web// 400 cut=false: there is white space between a field name and the colon, 46 of 50, 0 "GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\nX : y"`,
	},
	{
		"target too long", "GET /" + strings.Repeat("x", conf.DefaultMaxHeader), nil,
		"Bad request: client %s, frontend web, server web/<NOSRV>, status 414: the head is too large, at position 15360 of 15365",
		`request web// 414 cut=false: the head is too large, 15360 of 15365, 11364 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"`,
	},
	{
		"version", "GET / HTTP/2.0\r\n\r\n", nil,
		"Bad request: client %s, frontend web, server web/<NOSRV>, status 505: the version is not HTTP/1.x, at position 11 of 18",
		`request web// 505 cut=false: the version is not HTTP/1.x, 11 of 18, 0 "GET / HTTP/2.0\r\n\r\n"`,
	},
	{
		"coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x, chunked\r\n\r\n", nil,
		"Bad request: client %s, frontend web, server web/<NOSRV>, status 501: Transfer-Encoding is not chunked, at position 26 of 59",
		`request web// 501 cut=false: Transfer-Encoding is not chunked, 26 of 59, 0 "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x, chunked\r\n\r\n"`,
	},
	{
		"request body", getA + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd", nil,
		"Bad request: client %s, frontend web, server web/a, status 400: the data of a chunk does not end with CR LF, at position 81 of 82",
		`request web/web/a 400 cut=false: the data of a chunk does not end with CR LF, 81 of 82, 75 "3\r\nabcd"`,
	},
	{
		"status line", getA + "\r\n",
		[]string{"SSH-2.0"},
		"Bad response: client %s, frontend web, server web/a, status 502: the status line is malformed, at position 0 of 7",
		`response web/web/a 502 cut=false: the status line is malformed, 0 of 7, 0 "SSH-2.0"`,
	},
	{
		"response field", getA + "\r\n",
		[]string{"HTTP/1.1 200 OK\r\nA\x00"},
		"Bad response: client %s, frontend web, server web/a, status 502: a field name is missing, too long or not a token, at position 18 of 19",
		`response web/web/a 502 cut=false: a field name is missing, too long or not a token, 18 of 19, 0 "HTTP/1.1 200 OK\r\nA\x00"`,
	},
	{
		"response too large", getA + "\r\n",
		[]string{"HTTP/1.1 200 " + strings.Repeat("x", conf.DefaultMaxHeader)},
		"Bad response: client %s, frontend web, server web/a, status 502: the head is too large",
		`response web/web/a 502 cut=false: the head is too large, -1 of 15373, 0 "HTTP/1.1 200 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"`,
	},
	{
		"after an interim one", getA + "\r\n",
		[]string{"HTTP/1.1 102 P\r\n\r\nHTTP/2"},
		"Bad response: client %s, frontend web, server web/a, status 502: the version is not HTTP/1.x, at position 5 of 6",
		`response web/web/a 502 cut=false: the version is not HTTP/1.x, 5 of 6, 0 "HTTP/2"`,
	},
	{
		"response body", getA + "\r\n",
		[]string{chunkedHead + "3\r\nabcd"},
		"Bad response: client %s, frontend web, server web/a, status 502: the data of a chunk does not end with CR LF, at position 53 of 54",
		`response web/web/a 502 cut=false: the data of a chunk does not end with CR LF, 53 of 54, 47 "3\r\nabcd"`,
	},
	{
		"response body later", getA + "\r\n",
		[]string{chunkedHead + "3\r\nabc\r\n", "what"},
		"Bad response: client %s, frontend web, server web/a, status 200, cut: a chunk size is malformed or too large, at position 55 of 59",
		`response web/web/a 200 cut=true: a chunk size is malformed or too large, 55 of 59, 55 "what"`,
	},
	{
		"response body after much", getA + "\r\n",
		[]string{chunkedHead + "3\r\nabc\r\n", "3\r\nabc\r\n3\r\nabcd"},
		"Bad response: client %s, frontend web, server web/a, status 200, cut: the data of a chunk does not end with CR LF, at position 69 of 70",
		`response web/web/a 200 cut=true: the data of a chunk does not end with CR LF, 69 of 70, 69 "d"`,
	},
	{
		"response body for HTTP/1.0", "GET / HTTP/1.0\r\nCookie: SERVERID=A\r\n\r\n",
		[]string{chunkedHead + "3\r\nabc\r\n", "3\r\nabcd"},
		"Bad response: client %s, frontend web, server web/a, status 200, cut: the data of a chunk does not end with CR LF, at position 61 of 62",
		`response web/web/a 200 cut=true: the data of a chunk does not end with CR LF, 61 of 62, 61 "d"`,
	},
	{
		"unwanted protocol", getA + "\r\n",
		[]string{"HTTP/1.1 101 x\r\n\r\n"},
		"Bad response: client %s, frontend web, server web/a, status 502: the server changes to a protocol that the client has not asked for, or before it has got the request",
		`response web/web/a 502 cut=false: the server changes to a protocol that the client has not asked for, or before it has got the request, -1 of 18, 0 "HTTP/1.1 101 x\r\n\r\n"`,
	},
	{
		"interim ones", getA + "\r\n",
		[]string{strings.Repeat("HTTP/1.1 102 x\r\n\r\n", http.MaxInterim+1)},
		"Bad response: client %s, frontend web, server web/a, status 502: there are too many interim responses at a time",
		`response web/web/a 502 cut=false: there are too many interim responses at a time, -1 of 18, 0 "HTTP/1.1 102 x\r\n\r\n"`,
	},
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
	for i, tt := range badMessages {
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
			f.do(func() {})
			if all := seenFaults(t, f.faults); len(all) != 1 || all[0] != tt.shown {
				t.Errorf("shown: %s\nwant   %s", strings.Join(all, "\n"), tt.shown)
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

// TestFaultsAllocateNothing: who sends nonsense costs copies, and no garbage.
func TestFaultsAllocateNothing(t *testing.T) {
	b := newBench(t, "127.61.10.50", 8000, 8001, func(c *conf.Config) {
		c.Global.Log = []conf.LogTarget{{Target: "udp", Address: "127.61.10.50:5140", Facility: "local0"}}
		c.Frontends[0].LogFormat = "httplog"
	})
	faults := showFaults(t, b.proxy, benchConfig("127.61.10.50", 8001))
	to := &unix.SockaddrInet4{Port: 8000, Addr: [4]byte{127, 61, 10, 50}}
	nonsense := "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 3000) + "\x01"
	send := func() {
		unix.Close(b.client)
		b.client, _ = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err := unix.Connect(b.client, to); err != nil {
			t.Fatal(err)
		}
		b.write(b.client, nonsense)
		b.turn()
		b.read(b.client)
	}
	send()
	if n := testing.AllocsPerRun(100, send); n != 0 && !sock.Traced {
		t.Errorf("%v allocations for a fault", n)
	}
	if n := b.proxy.frontends[0].Counters[counter.RequestErrors].Load(); n != 102 {
		t.Errorf("%d faults counted, want 102", n)
	}
	if seen := seenFaults(t, faults); len(seen) != 1 {
		t.Errorf("shown: %q", seen)
	}
}

// showFaults lets a proxy show its faults, and returns who reads them.
func showFaults(tb testing.TB, p *Proxy, c *conf.Config) *faults.Reader {
	tb.Helper()
	places := len(c.Frontends) + len(c.Backends)
	fd, err := faults.Create(places)
	if err != nil {
		tb.Fatal(err)
	}
	own, err := faults.ReadOnly(fd)
	if err != nil {
		tb.Fatal(err)
	}
	if p.worker.Faults, err = faults.Open(fd, places); err != nil {
		tb.Fatal(err)
	}
	r, err := faults.NewReader(own)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		r.Close()
		p.worker.Faults.Close()
	})
	return r
}

// seenFaults are the faults that can be read, in words.
func seenFaults(t *testing.T, r *faults.Reader) (all []string) {
	t.Helper()
	_, err := r.Visit(func(f *faults.Fault) {
		side := "request"
		if f.Response {
			side = "response"
		}
		all = append(all, fmt.Sprintf("%s %s/%s/%s %d cut=%v: %s, %d of %d, %d %.60q", side, f.Frontend, f.Backend, f.Server, f.Status, f.Cut, f.Text, f.At, f.Seen, f.First, f.Bytes))
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
