//go:build linux

package tests

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// After any mixture of good and bad endings, when clients and servers are gone, the workers hold what they held at
// the start: no descriptor more but some pipes, hardly any memory, and they use no processor time.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 2)
	s.workers, s.listen = 2, insertCookie+"\nretries = 1"
	s.timeout = `{ connect = "1s", client = "1s", server = "500ms", http_request = "300ms", http_keep_alive = "1s" }`
	b := s.run(t)
	before, fds := b.workers(), b.fds()
	const clients = 20
	abuse(t, s.place.front(), clients, 1)
	memory := b.sum(rig.Memory)
	abuse(t, s.place.front(), clients, 8)
	for _, o := range origins {
		o.Close()
	}
	if !soon(func() bool { return b.fds() <= fds }) {
		t.Errorf("the workers hold %d descriptors, at the start it was %d", b.fds(), fds)
	}
	// One is taken only while a client is slow, and is given back: no worker has ever needed more.
	if n := b.pipes(); n > 2*len(before)*(clients+1) {
		t.Errorf("the workers hold %d ends of pipes, after %d clients at a time", n, clients)
	}
	if grown := b.sum(rig.Memory) - memory; grown > 2*growth {
		t.Errorf("the workers grew by %d KiB", grown>>10)
	}
	cpu := rig.ReadCPU(before...)
	rig.Until(500*time.Millisecond, func() bool { return false })
	if used := rig.ReadCPU(before...).Sub(cpu).Total(); used > 100*time.Millisecond {
		t.Errorf("%v of processor time within 500 ms of nothing to do", used)
	}
	b.sameWorkers(before)
}

// abuse runs every act a number of times for each of n clients at the same time, in an order of their own.
func abuse(t *testing.T, addr string, n, rounds int) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		order := rand.New(rand.NewPCG(uint64(i), uint64(rounds)))
		wg.Go(func() {
			for range rounds {
				for _, k := range order.Perm(len(acts)) {
					acts[k](t, addr)
				}
			}
		})
	}
	wg.Wait()
}

// acts are ways to use and misuse a connection. Each leaves it as it is at its end.
var acts = []func(t *testing.T, addr string){
	whole("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
	whole("GET /chunked/100000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
	whole("GET /close/100000 HTTP/1.0\r\n\r\n"),
	whole("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"),
	whole("GET /drop HTTP/1.1\r\nHost: a\r\n\r\n"),
	whole("POST /drop/reset HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"),
	whole("GET /drop-reused HTTP/1.1\r\nHost: a\r\n\r\n"),
	whole("GET /partial/body HTTP/1.1\r\nHost: a\r\n\r\n"),
	whole("GET /partial/chunk/reset HTTP/1.1\r\nHost: a\r\n\r\n"),
	whole("GET /bad/garbage HTTP/1.1\r\nHost: a\r\n\r\n"),
	whole("GET /bad/bad-chunk HTTP/1.1\r\nHost: a\r\n\r\n"),
	whole("GET /delay/700 HTTP/1.1\r\nHost: a\r\n\r\n"), // the server timeout
	whole("POST /early/413 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhello"),
	whole("GET / HTTP/1.1\r\nbroken\r\n\r\n"),
	whole("GET / HTTP/1.1\r\nHost: never com"), // the request timeout
	gone(""),
	gone("GET / HT"),
	gone("GET /bytes/100000000 HTTP/1.1\r\nHost: a\r\n\r\n"),
	gone("GET /delay/200 HTTP/1.1\r\nHost: a\r\n\r\n"),
	gone("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhello"),
	gone("POST /slow/read/1/5 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
	gone("GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello"),
	gone("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nhello"),
}

// whole sends a request and reads one answer, or what there is of it.
func whole(request string) func(*testing.T, string) {
	return func(t *testing.T, addr string) {
		c := dial(t, addr)
		c.send(request)
		if _, err := c.read("GET"); timedOut(err) {
			t.Errorf("neither answer nor end for %.40q", request)
		}
		c.Close()
	}
}

// gone sends a request and leaves with a reset while something is going on.
func gone(request string) func(*testing.T, string) {
	return func(t *testing.T, addr string) {
		c := dial(t, addr)
		c.send(request)
		c.deadline(10 * time.Millisecond)
		_, _ = c.r.ReadByte()
		if err := c.SetLinger(0); err != nil {
			t.Errorf("cannot reset: %v", err)
		}
		c.Close()
	}
}

// A worker without descriptors stops accepting until there are some again, without spinning or failing.
func TestDescriptorsRunOut(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.global = "ulimit_n = 80\nmaxconn = 2000"
	b := s.run(t)
	before := b.workers()
	var crowd []*raw
	for range 150 {
		c := dial(t, s.place.front())
		c.send("GET /delay/20 HTTP/1.1\r\nHost: a\r\n\r\n")
		crowd = append(crowd, c)
	}
	answered := 0
	for len(crowd) > 0 { // every one that leaves makes room for another
		c := crowd[0]
		crowd = crowd[1:]
		if a, err := c.read("GET"); err != nil {
			t.Fatalf("after %d answers: %v", answered, err)
		} else if a.StatusCode != 200 && a.StatusCode != 503 {
			t.Fatalf("status %d", a.StatusCode)
		}
		answered++
		c.Close()
	}
	dial(t, s.place.front()).get(fmt.Sprintf("/after/%d", answered), 200)
	b.sameWorkers(before)
}
