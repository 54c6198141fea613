//go:build linux

package tests

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// What concerns one connection only does not pass; everything else does, byte for byte and in order.
func TestRequestFields(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	tests := []struct{ name, sent, want string }{
		{"as it came", "hOsT:  h \r\nX-A:1\r\nx-a: 2\t\r\nAccept: */*\r\n", "hOsT:  h \r\nX-A:1\r\nx-a: 2\t\r\nAccept: */*\r\n"},
		{
			"hop by hop", "Host: h\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nA: 1\r\n",
			"Host: h\r\nA: 1\r\n",
		},
		{"named by Connection", "Host: h\r\nX-Mine: 1\r\nConnection: x-mine, X-Other\r\nX-Other: 2\r\nA: 1\r\n", "Host: h\r\nA: 1\r\n"},
		{
			"Connection cannot name what frames the message", "Host: h\r\nContent-Length: 0\r\nConnection: Host, Content-Length, Cookie\r\nCookie: a=1\r\n",
			"Host: h\r\nContent-Length: 0\r\nCookie: a=1\r\n",
		},
		{"Upgrade without Connection", "Host: h\r\nUpgrade: websocket\r\n", "Host: h\r\n"},
		{
			"no change of the version", "Host: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n",
			"Host: h\r\n",
		},
	}
	for _, tt := range tests {
		c := dial(t, s.place.front())
		c.send("GET /headers HTTP/1.1\r\n" + tt.sent + "\r\n")
		if a, want := c.answer("GET"), "GET /headers HTTP/1.1\r\n"+tt.want+"\r\n"; a.body != want {
			t.Errorf("%s: sent %q, the server got %q, want %q", tt.name, tt.sent, a.body, want)
		}
	}
}

// A head of any size either passes unchanged or is refused for its size; what lbmaster adds or takes away in the
// answer or the request must not make a difference.
func TestHeadSizes(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.listen = insertCookie
	s.run(t)
	for _, version := range []string{"1.0", "1.1"} {
		c, largest := dial(t, s.place.front()), 0
		for n := 100; n < 40_000; n += 173 {
			field := "X: " + strings.Repeat("x", n) + "\r\n"
			head := "GET /headers HTTP/" + version + "\r\nHost: h\r\nConnection: keep-alive\r\nCookie: SERVERID=A; x=1\r\n" + field + "\r\n"
			c.send(head)
			a := c.answer("GET")
			switch {
			case a.StatusCode == 200 && strings.Contains(a.body, "\r\nCookie: x=1\r\n"+field):
				largest = len(head)
			case a.StatusCode == 431 && largest > 8000:
				c.closed()
				c = dial(t, s.place.front())
			default:
				t.Fatalf("a head of %d bytes (largest that passed: %d): status %d, body %.100q", len(head), largest, a.StatusCode, a.body)
			}
		}
		t.Logf("HTTP/%s: the largest head that passed had %d bytes", version, largest)
	}
}

// Clients that leave in the middle must not make another client get the rest of their answer.
func TestAnswersAreNotMixedUp(t *testing.T) {
	t.Parallel()
	const clients, requests = 16, 60
	s, _ := newSite(t, 2)
	s.workers = 2
	b := s.run(t)
	before := b.workers()
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for k := range requests {
				deserter(t, s.place.front(), k)
				honest(t, s.place.front(), fmt.Sprintf("/%d/%d", i, k))
			}
		})
	}
	wg.Wait()
	b.sameWorkers(before)
}

// deserter leaves somewhere in an answer or before it.
func deserter(t *testing.T, addr string, k int) {
	paths := []string{"/bytes/300000", "/chunked/300000", "/close/300000", "/slow/100/1", "/delay/20", "/upload", "/upgrade"}
	c := dial(t, addr)
	defer c.Close()
	request := "GET " + paths[k%len(paths)] + " HTTP/1.1\r\nHost: h\r\n\r\n"
	if k%2 == 1 { // the body never comes as a whole
		request = "POST " + paths[k%len(paths)] + " HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello"
	}
	c.send(request)
	c.deadline(5 * time.Millisecond)
	_, _ = c.r.Discard(k * 97)
}

// honest sends a few requests and looks at the answers.
func honest(t *testing.T, addr, path string) {
	c := dial(t, addr)
	defer c.Close()
	for range 3 {
		c.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n")
		a, err := c.read("GET")
		if err != nil || a.StatusCode != 200 || !strings.HasSuffix(a.body, " "+path+"\n") {
			t.Errorf("GET %s: %+v, body %.100q, %v", path, a.Response, a.body, err)
			return
		}
	}
}

// An idle connection holds no buffer: thousands of them cost little.
func TestIdleConnectionsAreCheap(t *testing.T) {
	t.Parallel()
	const n, each = 3000, 2 << 10
	s, _ := newSite(t, 1)
	s.global, s.listen = "maxconn = 5000", "maxconn = 5000"
	b := s.run(t)
	busy(t, s.place.front(), 100)
	before := b.sum(rig.Memory)
	busy(t, s.place.front(), n)
	if grown := b.sum(rig.Memory) - before; grown > n*each {
		t.Errorf("%d idle connections take %d bytes each, want at most %d", n, grown/n, each)
	} else {
		t.Logf("an idle connection takes %d bytes", grown/n)
	}
	dial(t, s.place.front()).get("/", 200)
}

// busy opens connections, each of which has had an answer.
func busy(t *testing.T, addr string, n int) {
	t.Helper()
	for range n {
		dial(t, addr).get("/", 200)
	}
}
