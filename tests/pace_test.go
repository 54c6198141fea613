//go:build linux

package tests

import (
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// checkedServer answers checks with a status that the test sets, and notes when they came.
type checkedServer struct {
	mu     sync.Mutex
	status int
	times  []time.Time // of the checks since the status was set
}

func startChecked(t *testing.T, addr string) *checkedServer {
	t.Helper()
	s := &checkedServer{status: 200}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(s.answer)}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	return s
}

func (s *checkedServer) answer(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times = append(s.times, time.Now())
	w.WriteHeader(s.status)
}

// set begins to answer with a status, and waits for so many checks.
func (s *checkedServer) set(t *testing.T, status, checks int) []time.Duration {
	t.Helper()
	s.mu.Lock()
	s.status, s.times = status, nil
	s.mu.Unlock()
	var times []time.Time
	if !rig.Until(fatal, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		times = slices.Clone(s.times)
		return len(times) >= checks
	}) {
		t.Fatalf("%d checks, want %d", len(times), checks)
	}
	var gaps []time.Duration
	for i := range checks - 1 {
		gaps = append(gaps, times[i+1].Sub(times[i]))
	}
	return gaps
}

// shortest is what a noisy machine has disturbed least.
func shortest(gaps []time.Duration) time.Duration { return slices.Min(gaps) }

// TestPaceBesideHAProxy: checks follow each other at fastinter while a server is about to change its state, at downinter while it is down,
// and at inter else: in this order, fast is the shortest and inter the longest, by the factors that the configuration says.
func TestPaceBesideHAProxy(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	for i, name := range []string{"HAProxy", "lbmaster"} {
		s := startChecked(t, p.server(i))
		contend(t, p, name, "defaults\n  mode http\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\nlisten web\n  bind <AT>\n  option httpchk\n"+
			"  server s "+p.server(i)+" check inter 240ms fastinter 10ms downinter 60ms rise 4 fall 4\n")
		s.set(t, 200, 2) // it is fully up now
		up := shortest(s.set(t, 200, 3))
		fall := shortest(s.set(t, 500, 4))
		down := shortest(s.set(t, 500, 4))
		rise := shortest(s.set(t, 200, 4))
		if up < 2*down || down < 2*fall || down < 2*rise {
			t.Errorf("%s: up %v, falling %v, down %v, rising %v", name, up, fall, down, rise)
		}
	}
}
