//go:build linux

package tests

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// crowd is clients of four kinds, none of which ever tries anything twice: whatever fails is counted, and remembered.
//
//	posting    keep-alive connections with POSTs, idle in between for 1 ms to lull
//	coming     a connection for each request
//	talking    an upgraded connection each, on which bytes go to and fro
//	uploading  requests whose body takes its time
type crowd struct {
	addr                                string
	open                                func(network, addr string, limit time.Duration) (net.Conn, error)
	lull                                time.Duration
	upload                              time.Duration
	stop                                chan struct{}
	running                             sync.WaitGroup
	posting, coming, talking, uploading atomic.Int64 // what went well

	mu       sync.Mutex
	failures []string // guarded by mu
}

// startCrowd starts posts clients that post and a few of each other kind. They run until end.
func startCrowd(t *testing.T, addr string, posts int, lull, upload time.Duration) *crowd {
	t.Helper()
	return startCrowdBy(t, net.DialTimeout, addr, posts, lull, upload)
}

// startCrowdBy is startCrowd with connections that open makes.
func startCrowdBy(t *testing.T, open func(string, string, time.Duration) (net.Conn, error), addr string, posts int, lull, upload time.Duration) *crowd {
	t.Helper()
	c := &crowd{addr: addr, open: open, lull: lull, upload: upload, stop: make(chan struct{})}
	for range posts {
		c.running.Go(c.post)
	}
	for range 2 {
		c.running.Go(c.come)
	}
	for range 4 {
		c.running.Go(c.talk)
		c.running.Go(c.load)
	}
	t.Cleanup(c.end)
	return c
}

// startWaitingCrowd starts n clients of one kind, those that come with a connection for each request.
func startWaitingCrowd(t *testing.T, addr string, n int) *crowd {
	t.Helper()
	c := &crowd{addr: addr, open: net.DialTimeout, stop: make(chan struct{})}
	for range n {
		c.running.Go(c.come)
	}
	t.Cleanup(c.end)
	return c
}

func (c *crowd) over() bool {
	select {
	case <-c.stop:
		return true
	default:
		return false
	}
}

func (c *crowd) end() {
	if !c.over() {
		close(c.stop)
	}
	c.running.Wait()
}

func (c *crowd) fail(kind string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failures = append(c.failures, fmt.Sprintf("%s %s: %v", time.Now().Format("05.000"), kind, err))
}

// check fails the test when anything has failed, or when a kind of client has done nothing.
func (c *crowd) check(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	t.Logf("went well: %d posts, %d connections, %d talks, %d uploads", c.posting.Load(), c.coming.Load(), c.talking.Load(), c.uploading.Load())
	if len(c.failures) > 0 {
		t.Errorf("%d failures:\n%s", len(c.failures), strings.Join(c.failures[:min(20, len(c.failures))], "\n"))
	}
	for kind, n := range map[string]int64{"post": c.posting.Load(), "come": c.coming.Load(), "talk": c.talking.Load(), "upload": c.uploading.Load()} {
		if n == 0 {
			t.Errorf("no %s went well", kind)
		}
	}
}

// dial opens a connection that gives up when something hangs.
func (c *crowd) dial() (net.Conn, *bufio.Reader, error) {
	conn, err := c.open("tcp", c.addr, settle)
	if err != nil {
		return nil, nil, err
	}
	return conn, bufio.NewReader(conn), conn.SetDeadline(time.Now().Add(10 * time.Minute))
}

// answer reads a response, which must have status 200, to its end.
func answered(in *bufio.Reader, method string) (closes bool, err error) {
	resp, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return false, err
	}
	if resp.StatusCode != 200 {
		return false, fmt.Errorf("status %d", resp.StatusCode)
	}
	return resp.Close, nil
}

func (c *crowd) post() {
	for !c.over() {
		conn, in, err := c.dial()
		if err != nil {
			c.fail("post", err)
			continue
		}
		for closes := false; !closes && !c.over(); {
			_, err = io.WriteString(conn, "POST /upload HTTP/1.1\r\nHost: crowd\r\nContent-Length: 5\r\n\r\nhello")
			if err == nil {
				closes, err = answered(in, "POST")
			}
			if err != nil {
				c.fail("post", err)
				break
			}
			c.posting.Add(1)
			c.rest(time.Millisecond + rand.N(c.lull))
		}
		conn.Close()
	}
}

// rest waits, or returns at the end.
func (c *crowd) rest(d time.Duration) {
	select {
	case <-c.stop:
	case <-time.After(d):
	}
}

func (c *crowd) come() {
	for !c.over() {
		conn, in, err := c.dial()
		if err == nil {
			_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: crowd\r\nConnection: close\r\n\r\n")
			if err == nil {
				_, err = answered(in, "GET")
			}
			conn.Close()
		}
		if err != nil {
			c.fail("come", err)
			continue
		}
		c.coming.Add(1)
		c.rest(time.Millisecond)
	}
}

func (c *crowd) talk() {
	conn, in, err := c.dial()
	if err != nil {
		c.fail("talk", err)
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /upgrade HTTP/1.1\r\nHost: crowd\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != 101 {
		c.fail("talk", fmt.Errorf("no upgrade: %w", err))
		return
	}
	for i := 0; !c.over(); i++ {
		line := fmt.Sprintf("line %d\n", i)
		if _, err = io.WriteString(conn, line); err == nil {
			var got string
			if got, err = in.ReadString('\n'); err == nil && got != line {
				err = fmt.Errorf("%q came back for %q", got, line)
			}
		}
		if err != nil {
			c.fail("talk", err)
			return
		}
		c.talking.Add(1)
		c.rest(20 * time.Millisecond)
	}
}

// load uploads in 50 pieces.
func (c *crowd) load() {
	const pieces, size = 50, 1000
	for !c.over() {
		conn, in, err := c.dial()
		if err != nil {
			c.fail("upload", err)
			continue
		}
		_, err = fmt.Fprintf(conn, "POST /upload HTTP/1.1\r\nHost: crowd\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", pieces*size)
		for i := 0; i < pieces && err == nil; i++ {
			_, err = io.WriteString(conn, strings.Repeat("x", size))
			time.Sleep(c.upload / pieces)
		}
		if err == nil {
			_, err = answered(in, "POST")
		}
		conn.Close()
		if err != nil {
			c.fail("upload", err)
			continue
		}
		c.uploading.Add(1)
	}
}

// progress waits until that many more requests went well.
func (c *crowd) progress(n int64) {
	before := c.posting.Load() + c.coming.Load()
	rig.Until(fatal, func() bool { return c.posting.Load()+c.coming.Load() > before+n })
}
