//go:build linux

package tests

import (
	"io"
	"net"
	"sync"
	"testing"
)

// relay passes connections on, and can be cut: a link between two places, or a redirected port.
type relay struct {
	t        *testing.T
	from, to string
	running  sync.WaitGroup

	mu   sync.Mutex
	l    net.Listener      // nil while cut; guarded by mu
	open map[net.Conn]bool // guarded by mu
}

// newRelay makes a relay that is cut. At the end of the test it is cut again.
func newRelay(t *testing.T, from, to string) *relay {
	r := &relay{t: t, from: from, to: to, open: make(map[net.Conn]bool)}
	t.Cleanup(r.cut)
	return r
}

// restore makes the relay accept connections.
func (r *relay) restore() {
	r.t.Helper()
	l, err := net.Listen("tcp", r.from)
	if err != nil {
		r.t.Fatal(err)
	}
	r.mu.Lock()
	r.l = l
	r.mu.Unlock()
	r.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.running.Go(func() { r.pass(c) })
		}
	})
}

// cut ends all connections, and refuses new ones from now on.
func (r *relay) cut() {
	r.mu.Lock()
	if r.l != nil {
		r.l.Close()
	}
	r.l = nil
	for c := range r.open {
		c.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
}

// pass carries the bytes of one connection both ways.
func (r *relay) pass(near net.Conn) {
	defer near.Close()
	far, err := net.DialTimeout("tcp", r.to, settle)
	if err != nil {
		return
	}
	defer far.Close()
	if !r.keep(near, far) {
		return
	}
	defer r.forget(near, far)
	var both sync.WaitGroup
	both.Go(func() { carry(far, near) })
	both.Go(func() { carry(near, far) })
	both.Wait()
}

// carry copies until one side ends, and tells the other.
func carry(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.(*net.TCPConn).CloseWrite()
}

// keep remembers what cut has to close. While cut, it refuses.
func (r *relay) keep(conns ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		r.open[c] = true
	}
	return r.l != nil
}

func (r *relay) forget(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		delete(r.open, c)
	}
}
