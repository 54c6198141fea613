//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// clients never try anything twice, and count what became of their requests. wrk connects again in silence where a
// connection ends between two requests.
type clients struct {
	addr    string
	stop    chan struct{}
	running sync.WaitGroup

	mu     sync.Mutex
	took   []float64 // milliseconds, guarded by mu
	failed int       // guarded by mu
}

// startClients starts that many which keep their connections, idle for up to 20 ms in between, and an eighth as many
// which do not.
func startClients(addr string, n int) *clients {
	l := &clients{addr: addr, stop: make(chan struct{})}
	for range n {
		l.running.Go(func() { l.client("keep-alive", 20*time.Millisecond) })
	}
	for range max(1, n/8) {
		l.running.Go(func() { l.client("close", 5*time.Millisecond) })
	}
	return l
}

func (l *clients) over() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

func (l *clients) end() {
	close(l.stop)
	l.running.Wait()
}

// client opens one connection after the other, and asks on each until one side ends it.
func (l *clients) client(connection string, lull time.Duration) {
	request := "GET / HTTP/1.1\r\nHost: bench\r\nConnection: " + connection + "\r\n\r\n"
	for !l.over() {
		begin := time.Now()
		c, err := net.DialTimeout("tcp", l.addr, 5*time.Second)
		if err != nil {
			l.note(0, err)
			continue
		}
		in := bufio.NewReader(c)
		for goesOn := true; goesOn && !l.over(); begin = time.Now() {
			goesOn, err = exchange(c, in, request)
			l.note(time.Since(begin), err)
			rest(rand.N(lull))
		}
		_ = c.Close()
	}
}

// exchange sends a request and reads the answer. It says whether another one may follow.
func exchange(c net.Conn, in *bufio.Reader, request string) (goesOn bool, err error) {
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return false, err
	}
	if _, err := io.WriteString(c, request); err != nil {
		return false, err
	}
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return false, err
	}
	if resp.StatusCode != http.StatusOK {
		return false, fmt.Errorf("status %d", resp.StatusCode)
	}
	return !resp.Close, nil
}

func (l *clients) note(took time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed++
		return
	}
	l.took = append(l.took, float64(took.Microseconds())/1000)
}

// row is a line of the table.
func (l *clients) row(name, when string) string {
	slices.Sort(l.took)
	return fmt.Sprintf("%-9s %-9s %9d %7d %8.2f %8.2f %8.2f", name, when, len(l.took)+l.failed, l.failed,
		quantile(l.took, 0.5), quantile(l.took, 0.99), quantile(l.took, 1))
}
