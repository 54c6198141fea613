//go:build linux

package tests

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// page proves that an answer is one of lbmaster's own error pages.
func page(t *testing.T, a answer, status int) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("status %d, want %d", a.StatusCode, status)
		return
	}
	if !strings.Contains(a.body, fmt.Sprint(status)) || a.server() != "" {
		t.Errorf("body %q of server %q is no error page for %d", a.body, a.server(), status)
	}
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || a.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("fields of the page: %v", a.Header)
	}
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.servers[0].extra = "weight = 0"
	s.run(t)
	c := dial(t, s.place.front())
	c.send("GET / HTTP/1.1\r\nHost: raw\r\n\r\n")
	page(t, c.answer("GET"), 503)
}

func TestRefusedServer(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	s := site{place: p, servers: []target{{name: "nobody", address: p.server(0)}}, listen: "retries = 1"}
	s.run(t)
	c := dial(t, p.front())
	c.send("GET / HTTP/1.1\r\nHost: raw\r\n\r\n")
	page(t, c.answer("GET"), 503)
}

func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	blackHole(t, p.server(0))
	s := site{place: p, servers: []target{{name: "hole", address: p.server(0)}}, listen: "retries = 0"}
	s.timeout = `{ connect = "300ms", client = "30s", server = "30s" }`
	s.run(t)
	c := dial(t, p.front())
	begin := time.Now()
	c.send("GET / HTTP/1.1\r\nHost: raw\r\n\r\n")
	page(t, c.answer("GET"), 503)
	within(t, begin, 250*time.Millisecond, settle)
}

// blackHole makes addr swallow connection attempts: the queue of its listening socket is full for ever.
func blackHole(t *testing.T, addr string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	// A server may just have been there.
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		t.Fatal(err)
	}
	to, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	inVain := 0
	for range 10 {
		c, err := net.DialTimeout("tcp", addr, 200*time.Millisecond)
		if err == nil {
			t.Cleanup(func() { c.Close() })
		} else if inVain++; inVain == 2 { // one may have been slow
			return
		}
	}
	t.Fatal("the queue does not fill up")
}

func TestServerTimeout(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.timeout = `{ connect = "5s", client = "30s", server = "300ms" }`
	s.run(t)
	c := dial(t, s.place.front())
	begin := time.Now()
	c.send("GET /delay/20000 HTTP/1.1\r\nHost: raw\r\n\r\n")
	page(t, c.answer("GET"), 504)
	within(t, begin, 250*time.Millisecond, settle)
}

// The server timeout is about inactivity, not about the length of an answer.
func TestServerTimeoutIsInactivity(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.timeout = `{ connect = "5s", client = "30s", server = "2s" }`
	s.run(t)
	c := dial(t, s.place.front())
	begin := time.Now()
	if a := c.get("/slow/30/100", 200); len(a.body) != 30 {
		t.Errorf("%d bytes, want 30", len(a.body))
	}
	within(t, begin, 2500*time.Millisecond, settle)
}

func TestHTTPRequestTimeout(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.timeout = `{ connect = "5s", client = "30s", server = "30s", http_request = "300ms" }`
	s.run(t)
	for _, partial := range []string{"G", "GET / HTTP/1.1\r\nHost: ra", "GET / HTTP/1.1\r\nHost: raw\r\n"} {
		c := dial(t, s.place.front())
		begin := time.Now()
		c.send(partial)
		a := c.answer("GET")
		page(t, a, 408)
		c.closedInOrder()
		within(t, begin, 250*time.Millisecond, settle)
	}
	// A client that sends a byte now and then does not get more time: the whole head counts.
	c := dial(t, s.place.front())
	head := "GET / HTTP/1.1\r\nX-Slow: " + strings.Repeat("x", 200)
	c.send(head[:1])
	done := make(chan answer, 1)
	go func() {
		a, _ := c.read("GET")
		done <- a
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := 1; i < len(head); i++ {
		select {
		case a := <-done:
			if a.Response == nil {
				t.Fatal("closed without an answer")
			}
			page(t, a, 408)
			i = len(head)
		case <-tick.C:
			_, _ = c.Write([]byte{head[i]})
		}
	}
	if got := requests(origins); got != 0 {
		t.Errorf("the server saw %d requests", got)
	}
}

// A client that sends nothing between two requests is let go without a word: it would take a 408 for the answer to
// its next request.
func TestIdleClientsAreClosedSilently(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.timeout = `{ connect = "5s", client = "30s", server = "30s", http_keep_alive = "300ms" }`
	s.run(t)
	c := dial(t, s.place.front())
	for range 3 {
		c.get("/", 200)
	}
	begin := time.Now()
	c.closedInOrder()
	within(t, begin, 200*time.Millisecond, settle)
}

func TestClientTimeout(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.timeout = `{ connect = "5s", client = "300ms", server = "30s" }`
	s.run(t)
	c := dial(t, s.place.front())
	c.send("POST /upload HTTP/1.1\r\nHost: raw\r\nContent-Length: 1000\r\n\r\nhello")
	if a, err := c.read("POST"); err == nil {
		page(t, a, 408)
	}
	c.closed()
}

// Answers that two parsers could read differently never reach the client.
func TestMalformedAnswers(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	b := s.run(t)
	kinds := []string{
		"both-lengths", "two-lengths", "negative-length", "signed-length", "huge-length", "coding", "chunked-1.0",
		"bare-lf", "bare-cr", "nul", "space-colon", "no-colon", "folded", "version", "long-status", "low-status",
		"no-status", "garbage", "huge-head", "many-fields", "unasked-101",
	}
	for _, kind := range kinds {
		c := dial(t, s.place.front())
		c.send("GET /bad/" + kind + " HTTP/1.1\r\nHost: raw\r\n\r\n")
		if a, err := c.read("GET"); err != nil {
			t.Errorf("%s: %v", kind, err)
		} else if a.StatusCode != 502 {
			t.Errorf("%s: status %d, want 502; body %.60q", kind, a.StatusCode, a.body)
		}
	}
	if got := requests(origins); got != int64(len(kinds)) {
		t.Errorf("the server saw %d requests, want %d: a malformed answer is no reason to ask again", got, len(kinds))
	}
	b.noBugs()
}

// When the body turns out to be broken, the head is under way already: the client must notice that the end is missing.
func TestBrokenBodiesOfAnswers(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	for _, path := range []string{
		"/bad/bad-chunk", "/bad/huge-chunk", "/bad/chunk-end", "/bad/chunk-lf",
		"/partial/body", "/partial/body/reset", "/partial/chunk",
	} {
		c := dial(t, s.place.front())
		c.send("GET " + path + " HTTP/1.1\r\nHost: raw\r\n\r\n")
		switch a, err := c.read("GET"); {
		case err != nil:
			c.closed()
		case a.StatusCode != 502:
			t.Errorf("%s: status %d and a complete body %.40q", path, a.StatusCode, a.body)
		}
	}
	for _, path := range []string{"/partial/head", "/drop", "/drop/reset"} {
		c := dial(t, s.place.front())
		c.send("POST " + path + " HTTP/1.1\r\nHost: raw\r\nContent-Length: 0\r\n\r\n")
		page(t, c.answer("POST"), 502)
	}
}

// What follows an answer on the server's connection belongs to nobody; it must not become the next client's answer.
func TestExtraBytesOfAServer(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	for range 10 {
		c := dial(t, s.place.front())
		c.send("GET /bad/extra-bytes HTTP/1.1\r\nHost: raw\r\n\r\n")
		if a, err := c.read("GET"); err == nil && a.StatusCode != 502 && a.body != "hello" {
			t.Errorf("status %d, body %q", a.StatusCode, a.body)
		}
		if a := dial(t, s.place.front()).get("/next", 200); a.body != "webA /next\n" {
			t.Fatalf("another client got %q", a.body)
		}
	}
}
