//go:build linux

package tests

import (
	"bytes"
	"io"
	"testing"
	"time"
)

func TestExpectContinue(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	const head = " HTTP/1.1\r\nHost: raw\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
	c := dial(t, s.place.front())
	for range 3 { // the server says 100, then we send the body
		c.send("POST /continue" + head)
		if a := c.answer("POST"); a.StatusCode != 100 {
			t.Fatalf("status %d, want 100", a.StatusCode)
		}
		c.send("hello")
		if a := c.answer("POST"); a.StatusCode != 200 || a.body != "bytes 5\nexpected true\n" {
			t.Fatalf("status %d, body %q", a.StatusCode, a.body)
		}
	}
	// The server says nothing and waits for the body.
	c.send("POST /continue/silent" + head + "hello")
	if a := c.answer("POST"); a.StatusCode != 200 || a.body != "bytes 5\nexpected true\n" {
		t.Errorf("status %d, body %q", a.StatusCode, a.body)
	}
	// The server refuses. The body that never comes must not be waited for.
	c.send("POST /continue/refuse" + head)
	if a := c.answer("POST"); a.StatusCode != 417 {
		t.Errorf("status %d, want 417", a.StatusCode)
	}
}

func TestEarlyHints(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.listen = insertCookie
	s.run(t)
	c := dial(t, s.place.front())
	for range 3 {
		c.send("GET /hints/2 HTTP/1.1\r\nHost: raw\r\n\r\n")
		for range 2 {
			a := c.answer("GET")
			if a.StatusCode != 103 || a.Header.Get("Link") == "" {
				t.Fatalf("status %d, %v, want early hints", a.StatusCode, a.Header)
			}
			if _, set := a.cookie("SERVERID"); set {
				t.Error("an interim answer sets the cookie")
			}
		}
		if a := c.answer("GET"); a.StatusCode != 200 || a.body != "webA /hints/2\n" {
			t.Fatalf("status %d, body %q", a.StatusCode, a.body)
		}
	}
	// HTTP/1.0 has no interim answers (RFC 9110 section 15.2).
	c.send("GET /hints HTTP/1.0\r\n\r\n")
	if a := c.answer("GET"); a.StatusCode != 200 {
		t.Errorf("status %d for an HTTP/1.0 client, want 200", a.StatusCode)
	}
}

// An answer that comes before the request's body ends the exchange in order, whatever the server does about the body.
func TestEarlyAnswers(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	for _, path := range []string{"/early/413", "/early/413/keep"} {
		c := dial(t, s.place.front())
		c.send("POST " + path + " HTTP/1.1\r\nHost: raw\r\nContent-Length: 1000000\r\n\r\nhello")
		if a := c.answer("POST"); a.StatusCode != 413 || a.body != "webA early 413\n" {
			t.Errorf("POST %s: status %d, body %q", path, a.StatusCode, a.body)
		}
	}
}

// A server that has had enough answers and closes while the client still sends: the client gets the answer.
func TestEarlyAnswerToLargeUpload(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	for range 10 {
		c := dial(t, s.place.front())
		go func() {
			_, _ = c.Write([]byte("POST /early/413 HTTP/1.1\r\nHost: raw\r\nContent-Length: 20000000\r\n\r\n"))
			_, _ = c.Write(make([]byte, 20_000_000))
		}()
		if a := c.answer("POST"); a.StatusCode != 413 || a.body != "webA early 413\n" {
			t.Errorf("status %d, body %q", a.StatusCode, a.body)
		}
	}
}

const upgradeRequest = "GET /upgrade HTTP/1.1\r\nHost: raw\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

func TestUpgrade(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 2)
	s.listen = insertCookie
	s.run(t)
	c := dial(t, s.place.front())
	c.get("/", 200) // an upgrade is possible at any request
	c.send(upgradeRequest)
	a := c.answer("GET")
	if a.StatusCode != 101 || a.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("status %d, %v", a.StatusCode, a.Header)
	}
	tunnelEchoes(t, c)
	if got := origins[0].Stats().Tunnels + origins[1].Stats().Tunnels; got != 1 {
		t.Errorf("%d tunnels at the servers, want 1", got)
	}
}

// Bytes on either side of the switch may share a packet with it.
func TestUpgradeWithEarlyBytes(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	c := dial(t, s.place.front())
	c.send("GET /upgrade/hello HTTP/1.1\r\nHost: raw\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\nat once")
	if a := c.answer("GET"); a.StatusCode != 101 {
		t.Fatalf("status %d", a.StatusCode)
	}
	c.expect("hello\nat once")
	tunnelEchoes(t, c)
}

func TestUpgradeRefused(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	c := dial(t, s.place.front())
	for range 3 {
		c.get("/upgrade/refuse", 200, "Connection: upgrade", "Upgrade: test")
		c.get("/", 200)
	}
}

func TestConnect(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	c := dial(t, s.place.front())
	c.send("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n")
	if a := c.answer("CONNECT"); a.StatusCode != 200 {
		t.Fatalf("status %d", a.StatusCode)
	}
	tunnelEchoes(t, c)
}

// tunnelEchoes sends small and large pieces through an echoing tunnel, then ends it from the client's side.
func tunnelEchoes(t *testing.T, c *raw) {
	t.Helper()
	c.send("hello tunnel\n")
	c.expect("hello tunnel\n")
	large := pattern(t, 3_000_000)
	go func() { _, _ = c.Write(large) }()
	c.deadline(settle)
	got := make([]byte, len(large))
	if _, err := io.ReadFull(c.r, got); err != nil || !bytes.Equal(got, large) {
		t.Fatalf("the tunnel changed the bytes (%v)", err)
	}
	c.silent(50 * time.Millisecond)
	c.send("GET / HTTP/1.1\r\n\r\n\x00")
	c.expect("GET / HTTP/1.1\r\n\r\n\x00")
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.closedInOrder()
}
