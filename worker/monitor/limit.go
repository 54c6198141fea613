package monitor

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"
)

// guests is how many connections an interface serves at the same time.
const guests = 16

// gate is a listener that lets so many in at the same time. When all places are taken, a newcomer gets that of the guest who has been
// silent longest: nobody keeps others away without asking for anything. While all are being answered, newcomers wait.
type gate struct {
	net.Listener
	free   chan struct{} // has a place for each one who is in
	quiet  chan struct{} // somebody has become silent
	closed chan struct{}
	once   sync.Once

	mu     sync.Mutex
	silent []*guest // those who have no complete request, who has been so longest first; guarded by mu
}

func newGate(l net.Listener) *gate {
	return &gate{Listener: l, free: make(chan struct{}, guests), quiet: make(chan struct{}, 1), closed: make(chan struct{})}
}

// acceptAgain is when Accept tries again: no descriptor is left, or the instance is paused and the socket does not listen.
const acceptAgain = 100 * time.Millisecond

// Accept waits until somebody may come in. An error means that the listener is closed. It is for one caller.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		switch {
		case err == nil:
			return g.admit(c)
		case errors.Is(err, net.ErrClosed):
			return nil, err
		}
		<-time.After(acceptAgain)
	}
}

// admit gives a newcomer a place.
func (g *gate) admit(c net.Conn) (net.Conn, error) {
	for {
		select {
		case g.free <- struct{}{}:
			guest := &guest{Conn: c, gate: g}
			guest.fallSilent()
			return guest, nil
		default:
		}
		if g.evict() {
			continue
		}
		select {
		case g.free <- struct{}{}: // a place, to be taken above
			<-g.free
		case <-g.quiet:
		case <-g.closed:
			return nil, errors.Join(net.ErrClosed, c.Close())
		}
	}
}

// evict ends the connection of the guest who has been silent longest, if there is one.
func (g *gate) evict() bool {
	g.mu.Lock()
	if len(g.silent) == 0 {
		g.mu.Unlock()
		return false
	}
	oldest := g.silent[0]
	g.silent = slices.Delete(g.silent, 0, 1)
	g.mu.Unlock()
	_ = oldest.Close() // the place is free whatever it says
	return true
}

// Close lets nobody in any more.
func (g *gate) Close() error {
	g.once.Do(func() { close(g.closed) })
	return g.Listener.Close()
}

// empty waits until nobody is in any more. Nobody gets in after that.
func (g *gate) empty(ctx context.Context) {
	for range guests {
		select {
		case g.free <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

// guest gives its place back when it leaves, once.
type guest struct {
	net.Conn
	gate *gate
	once sync.Once
}

// speak says that a complete request of the guest is there: until it is answered, the place is the guest's.
func (g *guest) speak() {
	g.gate.mu.Lock()
	defer g.gate.mu.Unlock()
	if i := slices.Index(g.gate.silent, g); i >= 0 {
		g.gate.silent = slices.Delete(g.gate.silent, i, i+1)
	}
}

// fallSilent says that no request of the guest is being answered.
func (g *guest) fallSilent() {
	g.gate.mu.Lock()
	g.gate.silent = append(g.gate.silent, g)
	g.gate.mu.Unlock()
	select {
	case g.gate.quiet <- struct{}{}:
	default:
	}
}

// Close may be called more than once, and by anybody.
func (g *guest) Close() error {
	err := g.Conn.Close()
	g.once.Do(func() {
		g.speak()
		<-g.gate.free
	})
	return err
}
