// Package server is an HTTP/1 test server that can misbehave on the wire: it answers partially, late, early, not at all
// or wrongly, and shows the bytes that it received. See routes.go for what it serves.
//
// It is made for tests, the demo and benchmarks, not for strangers: it has no limits on what a client may ask for.
package server

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// retryAccept is how long the server waits for a descriptor when there is none left.
const retryAccept = 10 * time.Millisecond

// Server answers on any number of listeners. New makes one.
type Server struct {
	name    string
	seen    seen
	count   counters
	gone    sync.Map       // targets that are answered with 404
	closing chan struct{}  // closed by Close
	running sync.WaitGroup // accept loops and connections

	mu     sync.Mutex
	closed bool
	open   map[closer]struct{} // listeners and connections
}

type closer interface{ Close() error }

// New makes a server that calls itself name in its answers.
func New(name string) *Server {
	s := &Server{name: name, closing: make(chan struct{}), open: make(map[closer]struct{})}
	s.seen.watch("Cookie:")
	return s
}

// Serve answers HTTP on l until l fails or Close is called, in which case it returns nil. It closes l.
func (s *Server) Serve(l net.Listener) error { return s.accept(l, s.serveHTTP) }

// ServeEcho sends everything back that connections to l send, until l fails or Close is called, in which case it returns
// nil. It closes l.
func (s *Server) ServeEcho(l net.Listener) error { return s.accept(l, s.serveEcho) }

// Remove makes the server answer 404 to requests for a target, as if that were a file that somebody has removed. Restore
// puts it back.
func (s *Server) Remove(target string) { s.gone.Store(target, true) }

// Restore undoes Remove.
func (s *Server) Restore(target string) { s.gone.Delete(target) }

// Close ends all Serve calls and cuts all connections. It returns when nothing is left.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	for c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *Server) accept(l net.Listener, serve func(net.Conn)) error {
	defer l.Close()
	if !s.begin(l) {
		return nil
	}
	defer s.end(l)
	for {
		c, err := l.Accept()
		switch {
		case err == nil:
			s.start(c, serve)
		case s.stopping():
			return nil
		case errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE):
			s.wait(retryAccept)
		default:
			return err
		}
	}
}

func (s *Server) start(c net.Conn, serve func(net.Conn)) {
	if !s.begin(c) {
		c.Close()
		return
	}
	s.count.connected()
	go func() {
		defer s.end(c)
		defer s.count.disconnected()
		defer c.Close()
		serve(c)
	}()
}

// begin remembers what Close has to close. After Close it refuses.
func (s *Server) begin(c closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.open[c] = struct{}{}
	s.running.Add(1)
	return true
}

func (s *Server) end(c closer) {
	s.mu.Lock()
	delete(s.open, c)
	s.mu.Unlock()
	s.running.Done()
}

func (s *Server) stopping() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// wait lets time pass, as an answer demands it. It ends early when the server is closed, and then returns false.
func (s *Server) wait(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.closing:
		return false
	}
}
