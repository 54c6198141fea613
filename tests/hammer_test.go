//go:build linux

package tests

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hammer is steady load from clients that keep their connections and know exactly what became of each request, which
// a load generator's summary does not tell.
type hammer struct {
	patience time.Duration // for an answer

	addr    string
	request string
	good    atomic.Int64 // requests answered with 200
	stop    chan struct{}
	running sync.WaitGroup

	mu       sync.Mutex
	failures []failure // guarded by mu
}

// failure is a request without a good answer.
type failure struct {
	dialed time.Time // when the connection was there; zero: it could not be made
	status int       // 0: no answer at all
	err    error
}

// startHammer starts n clients. They run until stopped, at the latest at the end of the test.
func startHammer(t *testing.T, addr string, n int, path string, fields ...string) *hammer {
	t.Helper()
	return startPatientHammer(t, settle, addr, n, path, fields...)
}

// startPatientHammer is startHammer with clients that wait for so long for an answer.
func startPatientHammer(t *testing.T, patience time.Duration, addr string, n int, path string, fields ...string) *hammer {
	t.Helper()
	h := &hammer{
		patience: patience,

		addr:    addr,
		request: "GET " + path + " HTTP/1.1\r\nHost: hammer\r\n" + lines(fields) + "\r\n",
		stop:    make(chan struct{}),
	}
	h.running.Add(n)
	for range n {
		go func() {
			defer h.running.Done()
			for !h.stopped() {
				h.connection()
			}
		}()
	}
	t.Cleanup(h.end)
	return h
}

func (h *hammer) stopped() bool {
	select {
	case <-h.stop:
		return true
	default:
		return false
	}
}

// end stops the clients after their running requests.
func (h *hammer) end() {
	if !h.stopped() {
		close(h.stop)
	}
	h.running.Wait()
}

// connection sends requests over one connection until one fails.
func (h *hammer) connection() {
	c, err := net.DialTimeout("tcp", h.addr, settle)
	if err != nil {
		h.fail(failure{err: err})
		return
	}
	defer c.Close()
	dialed, r := time.Now(), bufio.NewReader(c)
	for !h.stopped() {
		status, err := h.exchange(c, r)
		if err != nil || status != 200 {
			h.fail(failure{dialed, status, err})
			return
		}
		h.good.Add(1)
	}
}

func (h *hammer) exchange(c net.Conn, r *bufio.Reader) (int, error) {
	if err := c.SetDeadline(time.Now().Add(h.patience)); err != nil {
		return 0, err
	}
	if _, err := io.WriteString(c, h.request); err != nil {
		return 0, err
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func (h *hammer) fail(f failure) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures = append(h.failures, f)
}

// failed returns the failures so far.
func (h *hammer) failed() []failure {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failures[:len(h.failures):len(h.failures)]
}

// progress waits for n more good answers.
func (h *hammer) progress(t *testing.T, n int64) {
	t.Helper()
	target := h.good.Load() + n
	if !soon(func() bool { return h.good.Load() >= target }) {
		t.Fatalf("only %d good answers of %d within %v; failures: %v", n-target+h.good.Load(), n, settle, h.failed())
	}
}
