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
	"lbmaster/shared/counter"
)

const okHead = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"

// echoHead answers every request with the head that it got, as a body.
func echoHead(c net.Conn, in *bufio.Reader) {
	for {
		h := head(in)
		if !strings.HasSuffix(h, "\r\n\r\n") {
			return
		}
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(h), h)
	}
}

// echoed is what a client gets from echoHead.
func echoed(h, extra string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s", len(h), extra, h)
}

// script answers the n-th request of a connection with the n-th response, then closes.
func script(responses ...string) handler {
	return func(c net.Conn, in *bufio.Reader) {
		for _, r := range responses {
			if head(in) == "" {
				return
			}
			io.WriteString(c, r)
		}
	}
}

const setA = "Set-Cookie: SERVERID=A; path=/\r\n"

func TestHeads(t *testing.T) {
	f := start(t, "127.61.1.1", nil, echoHead)
	for _, tt := range []struct{ name, send, server, extra string }{
		{"plain", "GET / HTTP/1.1\r\nHost: a\r\nX-Y:  z \r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX-Y:  z \r\n\r\n", setA},
		{"cookie removed", "GET / HTTP/1.1\r\nHost: a\r\nCookie: x=1; SERVERID=A; y=2\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nCookie: x=1; y=2\r\n\r\n", ""},
		{"cookie field removed", "GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\nB: c\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n", ""},
		{"unknown cookie", "GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=Z\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", setA},
		{
			"hop by hop", "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nUpgrade: h2c\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: a\r\n\r\n", setA,
		},
		{"TE is for one connection", "GET / HTTP/1.1\r\nHost: a\r\nTE: gzip\r\nConnection: TE\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", setA},
		{
			"trailers pass", "GET / HTTP/1.1\r\nTE: gzip;q=0.5, Trailers\r\nHost: a\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n", setA,
		},
		{"no TE in 1.0", "GET / HTTP/1.0\r\nTE: trailers\r\nConnection: Keep-Alive\r\n\r\n", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", setA + "Connection: keep-alive\r\n"},
		{"a version of our own", "\r\nGET / HTTP/1.9\r\nHost: a\r\nConnection: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", setA},
		{"leading line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", setA},
		{"version 1.0 kept", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", setA + "Connection: keep-alive\r\n"},
		{"closing", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", setA + "Connection: close\r\n"},
		{"version 1.0", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", setA + "Connection: close\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := f.dial()
			c.send(tt.send)
			c.want(echoed(tt.server, tt.extra))
			if strings.Contains(tt.extra, "close") {
				if rest := c.wantEnd(); rest != "" {
					t.Errorf("more after the response: %q", rest)
				}
			}
		})
	}
}

func TestResponses(t *testing.T) {
	const get = "GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n"
	const second = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext"
	for i, tt := range []struct{ name, send, server, want string }{
		{"length", get, okHead + "ok", okHead + "ok"},
		{
			"chunked", get, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
		},
		{"HEAD", strings.Replace(get, "GET", "HEAD", 1), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"},
		{"204", get, "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"},
		{"304", get, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"},
		{
			"interim", get, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + okHead + "ok",
			"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + okHead + "ok",
		},
		{
			"own cookie dropped", get, "HTTP/1.1 200 OK\r\nSet-Cookie: SERVERID=evil; path=/\r\nSet-Cookie: k=v\r\nConnection: x\r\nContent-Length: 0\r\n\r\n",
			"HTTP/1.1 200 OK\r\nSet-Cookie: k=v\r\nContent-Length: 0\r\n\r\n",
		},
		{
			"version 1.0 kept alive", get, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
			"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := start(t, fmt.Sprintf("127.61.2.%d", i+1), nil, script(tt.server, second))
			c := f.dial()
			c.send(tt.send)
			c.want(tt.want)
			c.send(get)
			c.want(second)
		})
	}
}

func TestResponseUntilClose(t *testing.T) {
	f := start(t, "127.61.1.2", nil, script("HTTP/1.1 200 OK\r\n\r\nall of it"))
	c := f.dial()
	c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if got, want := c.wantEnd(), "HTTP/1.1 200 OK\r\n"+setA+"Connection: close\r\n\r\nall of it"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPipelined(t *testing.T) {
	const n = 300
	f := start(t, "127.61.1.3", nil, echoHead)
	c := f.dial()
	go func() {
		for i := range n {
			fmt.Fprintf(c, "GET /%d HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n", i)
		}
	}()
	for i := range n {
		c.want(echoed(fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i), ""))
	}
	var used int
	f.do(func() { used = f.proxy.worker.Upstream.Used() })
	if used > 1 {
		t.Errorf("%d connections to the server, want 1 that is used again", used)
	}
}

func TestRequestBodies(t *testing.T) {
	size := 300 << 10
	data := strings.Repeat("0123456789abcdef", size/16)
	received := make(chan string, 1)
	f := start(t, "127.61.1.4", nil, func(c net.Conn, in *bufio.Reader) {
		for head(in) != "" {
			body := make([]byte, size)
			io.ReadFull(in, body)
			received <- string(body)
			io.WriteString(c, okHead+"ok")
		}
	})
	c := f.dial()
	c.send(fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\nContent-Length: %d\r\n\r\n%s", size, data))
	c.want(okHead + "ok")
	if got := <-received; got != data {
		t.Errorf("the body changed on the way")
	}
	c.send(fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", size-6-7, data[:size-6-7]))
	if got := <-received; !strings.HasSuffix(got, "0\r\n\r\n") && len(got) != size {
		t.Errorf("the chunks changed on the way")
	}
}

func TestBadRequestIsNotForwarded(t *testing.T) {
	f := start(t, "127.61.1.5", nil, func(net.Conn, *bufio.Reader) { t.Error("the server was connected to") })
	for _, request := range []string{
		"GET / HTTP/1.1\r\n\r\n",
		"GET /\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
	} {
		c := f.dial()
		c.send(request)
		if got := c.wantEnd(); !strings.HasPrefix(got, "HTTP/1.1 400 Bad Request\r\n") {
			t.Errorf("%q got %q", request, got)
		}
	}
}

func TestHeadTooLarge(t *testing.T) {
	f := start(t, "127.61.1.6", nil, echoHead)
	for _, tt := range []struct{ request, want string }{
		{"GET /" + strings.Repeat("a", 20000) + " HTTP/1.1\r\nHost: a\r\n\r\n", "414"},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", 20000) + "\r\n\r\n", "431"},
	} {
		c := f.dial()
		c.send(tt.request)
		if got := c.wantEnd(); !strings.HasPrefix(got, "HTTP/1.1 "+tt.want) {
			t.Errorf("want %s, got %q", tt.want, got)
		}
	}
}

// TestReusedConnectionDies is about the race that no idle pool can avoid: the server ends a connection while the next
// request is on its way.
func TestReusedConnectionDies(t *testing.T) {
	f := start(t, "127.61.1.7", nil, func(c net.Conn, in *bufio.Reader) {
		if head(in) != "" {
			io.WriteString(c, okHead+"ok")
		}
		head(in) // and no answer
	})
	c := f.dial()
	for range 5 {
		c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
		c.want(okHead + "ok")
	}
	if n := f.proxy.backends[0].Counters[counter.Retries].Load(); n != 4 {
		t.Errorf("%d retries, want 4", n)
	}
	c.send("POST / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\nContent-Length: 0\r\n\r\n")
	if got := c.wantEnd(); got != "" {
		t.Errorf("the client, which has to repeat the request, got %q", got)
	}
}

// TestOnceOnly: a request that cannot be repeated is not risked on an idle connection when its client would not repeat it.
func TestOnceOnly(t *testing.T) {
	f := start(t, "127.61.1.12", nil, func(c net.Conn, in *bufio.Reader) { // drops the second request of every connection
		h := head(in)
		io.CopyN(io.Discard, in, int64(strings.Count(h, "Content-Length: 3"))*3)
		io.WriteString(c, okHead+"ok")
		head(in)
	})
	const put = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
	for _, first := range []string{
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
		"PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
		put, // whose body is not at hand yet
		put + "abc",
	} {
		for range 3 {
			c := f.dial()
			c.send(strings.Replace(first, "Host: a", "Host: a\r\nCookie: SERVERID=A", 1))
			if first == put {
				f.await("the server is chosen", func() bool { s := f.proxy.sessions.At(0); return s.exchange != nil && s.exchange.Base().Link != nil })
				c.send("abc")
			}
			c.want(okHead + "ok")
			c.Close()
			f.await("the session ends", func() bool { return f.proxy.Sessions() == 0 })
		}
	}
}

func TestHalfClosedClient(t *testing.T) {
	f := start(t, "127.61.1.10", nil, echoHead)
	c := f.dial()
	c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
	c.CloseWrite()
	if got, want := c.wantEnd(), echoed("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUpgrade(t *testing.T) {
	const switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
	f := start(t, "127.61.1.11", nil, func(c net.Conn, in *bufio.Reader) {
		if h := head(in); !strings.Contains(h, "Upgrade: websocket\r\n") || !strings.Contains(h, "Connection: upgrade\r\n") {
			t.Errorf("the server got %q", h)
		}
		io.WriteString(c, switched)
		io.Copy(c, in)
	})
	c := f.dial()
	c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly")
	c.want(strings.Replace(switched, "Connection: upgrade\r\n", "", 1)[:len(switched)-len("Connection: upgrade\r\n")-2])
	c.want("Set-Cookie: SERVERID=A; path=/\r\nConnection: upgrade\r\n\r\nearly")
	c.send("bird")
	c.want("bird")
	c.CloseWrite()
	if rest := c.wantEnd(); rest != "" {
		t.Errorf("more after the end: %q", rest)
	}
}

func TestConnect(t *testing.T) {
	f := start(t, "127.61.1.12", nil, func(c net.Conn, in *bufio.Reader) {
		head(in)
		io.WriteString(c, "HTTP/1.1 200 Connected\r\n\r\n")
		io.Copy(c, in)
	})
	c := f.dial()
	c.send("CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n\r\n")
	if got := head(c.in); !strings.HasPrefix(got, "HTTP/1.1 200 Connected\r\n") {
		t.Fatalf("got %q", got)
	}
	c.send("through")
	c.want("through")
}

// TestEarlyResponse: the server answers and closes while the client is still sending.
func TestEarlyResponse(t *testing.T) {
	f := start(t, "127.61.1.13", nil, script("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"))
	c := f.dial()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\nContent-Length: 1000000000\r\n\r\n")
	go func() { // more than any socket buffer holds, until the proxy has had enough
		for block := make([]byte, 1<<20); ; {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	}()
	c.want("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
}

func TestContinue(t *testing.T) {
	f := start(t, "127.61.1.14", nil, func(c net.Conn, in *bufio.Reader) {
		head(in)
		io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n")
		io.ReadFull(in, make([]byte, 4))
		io.WriteString(c, okHead+"ok")
	})
	c := f.dial()
	c.send("PUT / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
	c.want("HTTP/1.1 100 Continue\r\n\r\n")
	c.send("body")
	c.want(okHead + "ok")
}

func TestBalanceAndPersistence(t *testing.T) {
	named := func(name string) handler {
		return func(c net.Conn, in *bufio.Reader) {
			for head(in) != "" {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"+name)
			}
		}
	}
	f := start(t, "127.61.1.15", nil, named("a"), named("b"), named("c"))
	c := f.dial()
	for i := range 9 {
		name := string("abc"[i%3])
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		c.want("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nSet-Cookie: SERVERID=" + strings.ToUpper(name) + "; path=/\r\n\r\n" + name)
	}
	for range 5 {
		c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=B\r\n\r\n")
		c.want("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb")
	}
}

func TestDrain(t *testing.T) {
	release := make(chan bool)
	f := start(t, "127.61.1.16", nil, func(c net.Conn, in *bufio.Reader) {
		head(in)
		<-release
		io.WriteString(c, okHead+"ok")
	})
	idle, busy := f.dial(), f.dial()
	busy.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
	for f.proxy.counters[counter.Requests].Load() == 0 {
		f.do(func() {})
	}
	f.do(f.proxy.Drain)
	if rest := idle.wantEnd(); rest != "" {
		t.Errorf("the idle client got %q", rest)
	}
	close(release)
	busy.want("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
	select {
	case err := <-f.done:
		f.done <- err
	case <-time.After(fatal):
		t.Fatal("the drained loop does not end")
	}
}

func TestMaxconn(t *testing.T) {
	f := start(t, "127.61.1.17", func(c *conf.Config) { c.Frontends[0].Maxconn = 2 }, echoHead)
	const get = "GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n"
	answer := echoed("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "")
	one, two, three := f.dial(), f.dial(), f.dial()
	for _, c := range []*client{one, two} {
		c.send(get)
		c.want(answer)
	}
	three.send(get)
	one.send(get)
	one.want(answer)
	if n := f.proxy.counters[counter.Requests].Load(); n != 3 {
		t.Fatalf("%d requests were read, want 3: the third client must wait", n)
	}
	two.Close()
	three.want(answer)
}
