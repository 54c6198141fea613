package monitor

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"
)

// maxConns is how many connections an interface serves at the same time.
const maxConns = 16

// limitListener is a listener with so many open connections at the same time. When there is no room, a new connection replaces the one
// that has been idle longest: a client that asks for nothing keeps no other away. While all are being answered, new connections wait.
type limitListener struct {
	net.Listener
	taken  chan struct{} // has an element for each open connection
	idled  chan struct{} // a connection has become idle
	closed chan struct{}
	once   sync.Once

	mu   sync.Mutex
	idle []*limitedConn // those without a complete request, the one that has been so longest first; guarded by mu
}

func newLimitListener(l net.Listener) *limitListener {
	return &limitListener{Listener: l, taken: make(chan struct{}, maxConns), idled: make(chan struct{}, 1), closed: make(chan struct{})}
}

// acceptAgain is when Accept tries again: no descriptor is left, or the instance is paused and the socket does not listen.
const acceptAgain = 100 * time.Millisecond

// Accept waits for a connection, and for room for it. An error means that the listener is closed. Accept is for one caller.
func (l *limitListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		switch {
		case err == nil:
			return l.admit(c)
		case errors.Is(err, net.ErrClosed):
			return nil, err
		}
		<-time.After(acceptAgain)
	}
}

// admit makes room for a new connection.
func (l *limitListener) admit(c net.Conn) (net.Conn, error) {
	for {
		select {
		case l.taken <- struct{}{}:
			conn := &limitedConn{Conn: c, listener: l}
			conn.setIdle()
			return conn, nil
		default:
		}
		if l.evict() {
			continue
		}
		select {
		case l.taken <- struct{}{}: // there is room, to be taken above
			<-l.taken
		case <-l.idled:
		case <-l.closed:
			return nil, errors.Join(net.ErrClosed, c.Close())
		}
	}
}

// evict closes the connection that has been idle longest, if there is one.
func (l *limitListener) evict() bool {
	l.mu.Lock()
	if len(l.idle) == 0 {
		l.mu.Unlock()
		return false
	}
	oldest := l.idle[0]
	l.idle = slices.Delete(l.idle, 0, 1)
	l.mu.Unlock()
	_ = oldest.Close() // there is room whatever it says
	return true
}

// Close accepts no connection any more.
func (l *limitListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// waitEmpty waits until no connection is open any more. None is accepted after that.
func (l *limitListener) waitEmpty(ctx context.Context) {
	for range maxConns {
		select {
		case l.taken <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

// limitedConn makes room for another connection when it is closed, once.
type limitedConn struct {
	net.Conn
	listener *limitListener
	once     sync.Once
}

// setBusy says that a complete request has come: until that is answered, no other connection replaces this one.
func (c *limitedConn) setBusy() {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	if i := slices.Index(c.listener.idle, c); i >= 0 {
		c.listener.idle = slices.Delete(c.listener.idle, i, i+1)
	}
}

// setIdle says that no request of the connection is being answered.
func (c *limitedConn) setIdle() {
	c.listener.mu.Lock()
	c.listener.idle = append(c.listener.idle, c)
	c.listener.mu.Unlock()
	select {
	case c.listener.idled <- struct{}{}:
	default:
	}
}

// Close may be called more than once, and by anybody.
func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.setBusy()
		<-c.listener.taken
	})
	return err
}
