//go:build linux

package tests

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestPipelinedRequestsComeBackInOrder(t *testing.T) {
	t.Parallel()
	const n = 1000
	s, origins := newSite(t, 4)
	s.run(t)
	c := dial(t, s.place.front())
	go func() {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "GET /%d HTTP/1.1\r\nHost: raw\r\n\r\n", i)
		}
		// The reader below reports what is missing.
		_, _ = c.Write([]byte(b.String()))
	}()
	for i := range n {
		a := c.answer("GET")
		if want := fmt.Sprintf("%s /%d\n", a.server(), i); a.body != want {
			t.Fatalf("answer %d: %q, want %q", i, a.body, want)
		}
	}
	if got := requests(origins); got != n {
		t.Errorf("the servers saw %d requests, want %d", got, n)
	}
}

// Bodies between pipelined requests must end where they say.
func TestPipelinedBodies(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.run(t)
	c := dial(t, s.place.front())
	one := "POST /upload HTTP/1.1\r\nHost: raw\r\nContent-Length: 5\r\n\r\nGET /" +
		"POST /upload HTTP/1.1\r\nHost: raw\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\n3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n" +
		"HEAD /bytes/1000 HTTP/1.1\r\nHost: raw\r\n\r\n" +
		"GET /status/204 HTTP/1.1\r\nHost: raw\r\n\r\n" +
		"GET /chunked/10 HTTP/1.1\r\nHost: raw\r\n\r\n"
	const rounds = 20
	go func() { _, _ = c.Write([]byte(strings.Repeat(one, rounds))) }()
	for range rounds {
		for _, want := range []struct {
			method string
			status int
			body   string
		}{{"POST", 200, "bytes 5\n"}, {"POST", 200, "bytes 8\n"}, {"HEAD", 200, ""}, {"GET", 204, ""}, {"GET", 200, ""}} {
			if a := c.answer(want.method); a.StatusCode != want.status || !strings.HasPrefix(a.body, want.body) {
				t.Fatalf("%s: status %d, body %q, want %d and %q", want.method, a.StatusCode, a.body, want.status, want.body)
			}
		}
	}
}

// What an answer may not carry a body for, does not disturb the next answer.
func TestAnswersWithoutBody(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	c := dial(t, s.place.front())
	for range 3 {
		for _, status := range []int{204, 304} {
			if a := c.get(fmt.Sprintf("/status/%d", status), status); a.body != "" {
				t.Errorf("body %q with status %d", a.body, status)
			}
		}
		for _, path := range []string{"/bytes/1000", "/chunked/1000", "/status/404"} {
			c.send("HEAD " + path + " HTTP/1.1\r\nHost: raw\r\n\r\n")
			if a := c.answer("HEAD"); a.body != "" {
				t.Errorf("HEAD %s: body %q", path, a.body)
			}
		}
		c.get("/", 200)
	}
}

func TestHTTP10Clients(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.run(t)
	t.Run("close", func(t *testing.T) {
		for _, path := range []string{"/bytes/1000", "/close/1000", "/http10/close"} {
			c := dial(t, s.place.front())
			c.send("GET " + path + " HTTP/1.0\r\n\r\n")
			if a := c.answer("GET"); a.StatusCode != 200 {
				t.Errorf("GET %s: status %d", path, a.StatusCode)
			}
			c.closedInOrder()
		}
	})
	t.Run("keep-alive", func(t *testing.T) {
		c := dial(t, s.place.front())
		for range 5 {
			c.send("GET /bytes/1000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
			a := c.answer("GET")
			if !strings.EqualFold(a.Header.Get("Connection"), "keep-alive") || len(a.body) != 1000 {
				t.Fatalf("answer %v with %d bytes", a.Header, len(a.body))
			}
		}
	})
	t.Run("no chunks", func(t *testing.T) {
		c := dial(t, s.place.front())
		c.send("GET /chunked/1000 HTTP/1.0\r\n\r\n")
		a := c.answer("GET")
		if len(a.TransferEncoding) > 0 || len(a.body) != 1000 {
			t.Errorf("transfer coding %q and %d bytes for a client that does not know chunks", a.TransferEncoding, len(a.body))
		}
	})
}

func TestConnectionCloseIsKept(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	for _, path := range []string{"/bytes/1000", "/chunked/1000", "/close/1000"} {
		c := dial(t, s.place.front())
		a := c.get(path, 200, "Connection: close")
		if len(a.body) != 1000 || !a.Close {
			t.Errorf("GET %s: %d bytes, Connection: close %v", path, len(a.body), a.Close)
		}
		c.closedInOrder()
	}
}

// The server's connection ends with every answer, the client's need not.
func TestServersThatClose(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.run(t)
	c := dial(t, s.place.front())
	for range 10 {
		a := c.get("/http10", 200)
		if !strings.HasSuffix(a.body, " /http10\n") {
			t.Fatalf("body %q", a.body)
		}
	}
}

// A client that has finished sending still gets its answer.
func TestHalfClosedClient(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	tests := []struct {
		request string
		body    string
	}{
		{"GET /delay/200 HTTP/1.1\r\nHost: raw\r\n\r\n", "webA /delay/200\n"},
		{"POST /echo HTTP/1.1\r\nHost: raw\r\nContent-Length: 5\r\n\r\nhello", "hello"},
	}
	for _, tt := range tests {
		c := dial(t, s.place.front())
		c.send(tt.request)
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if a := c.answer("GET"); a.StatusCode != 200 || a.body != tt.body {
			t.Errorf("status %d, body %q, want %q", a.StatusCode, a.body, tt.body)
		}
		c.closedInOrder()
	}
}

// A server may close an idle connection at any time. That the next request on it finds out is not the client's
// problem: it is sent again on a fresh connection (RFC 9112 section 9.3.1).
func TestServerClosesIdleConnections(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.run(t)
	c := dial(t, s.place.front())
	for range 20 {
		c.get("/drop-reused", 200)
	}
	if st := origins[0].Stats(); st.Connections < 20 {
		t.Errorf("only %d connections for 20 requests: the server's close was not exercised", st.Connections)
	}
}

// What is not idempotent must not be sent twice. A client whose connection has served before repeats such a request when the connection is
// closed without an answer (RFC 9112 section 9.3.1); one that has just connected would not, so that its request is not put at risk.
func TestUnsafeRequestsAreNotRepeated(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.run(t)
	c := dial(t, s.place.front())
	c.get("/", 200)
	c.send("POST /drop HTTP/1.1\r\nHost: raw\r\nContent-Length: 2\r\n\r\nhi")
	c.closedInOrder()
	if got := requests(origins); got != 2 {
		t.Errorf("the server saw %d requests, want 2", got)
	}
}

// A POST on a connection that is new to the server is told what became of it.
func TestUnsafeRequestFails(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	dial(t, s.place.front()).get("/", 200) // leaves an idle connection
	c := dial(t, s.place.front())
	c.send("POST /drop HTTP/1.1\r\nHost: raw\r\nContent-Length: 2\r\n\r\nhi")
	if a := c.answer("POST"); a.StatusCode != 502 {
		t.Errorf("status %d, want 502", a.StatusCode)
	}
}

// Idle connections to a server are used again, by other clients too.
func TestServerConnectionsAreReused(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.run(t)
	for range 50 {
		dial(t, s.place.front()).get("/", 200)
	}
	if got := origins[0].Stats().Connections; got > 3 {
		t.Errorf("%d connections to the server for 50 requests one after the other", got)
	}
}

// A request that trickles in is as good as one that comes at once. (The server answers when it has all of it: an answer
// that begins earlier ends the connection.)
func TestOneByteAtATime(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.listen = insertCookie
	s.run(t)
	c := dial(t, s.place.front())
	if err := c.SetNoDelay(true); err != nil {
		t.Fatal(err)
	}
	request := "POST /upload?x=y HTTP/1.1\r\nHost: raw\r\nCookie: a=1; SERVERID=A; b=2\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"5;ext=1\r\nhello\r\n00001\r\n!\r\n0\r\nX-Sum: x\r\n\r\n"
	for range 2 {
		for i := range len(request) {
			c.send(request[i : i+1])
		}
		if a := c.answer("POST"); a.StatusCode != 200 || !strings.HasPrefix(a.body, "bytes 6\n") {
			t.Fatalf("status %d, body %q", a.StatusCode, a.body)
		}
	}
}

// An answer that trickles in reaches the client as it comes, not when it is complete.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	c := dial(t, s.place.front())
	c.get("/slow/head/2", 200)
	c.send("GET /slow/40/25 HTTP/1.1\r\nHost: raw\r\n\r\n")
	c.deadline(settle)
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	one := make([]byte, 1)
	if _, err := io.ReadFull(resp.Body, one); err != nil {
		t.Fatal(err)
	}
	// The other 39 bytes take 975 ms.
	first := time.Now()
	if rest, err := io.ReadAll(resp.Body); err != nil || len(rest) != 39 {
		t.Fatalf("%d more bytes, %v", len(rest), err)
	}
	within(t, first, 500*time.Millisecond, settle)
}
