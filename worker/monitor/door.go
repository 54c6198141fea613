package monitor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"lbmaster/shared/control"
)

// guests is how many connections an interface serves at the same time. Others wait in the queue of its socket: whoever
// floods it keeps away others who want to look, but no check.
const guests = 16

// door is a socket on which an interface listens, and how that is served.
type door struct {
	listener net.Listener
	serve    func(net.Listener) host
}

// host is an interface that is being served. The end of it closes its listener.
type host struct {
	finish func(ctx context.Context) // when those who are in have what they came for, at the latest with ctx
}

// open takes the master's sockets. Nobody is served yet: an older generation's monitor may do so.
func (m *monitor) open(shards []control.Shard, fds []int) error {
	serve := map[int]func(net.Listener) host{control.AdminSocket: m.serveSocket, control.AdminListen: m.serveWeb}
	for i, shard := range shards {
		f := os.NewFile(uintptr(fds[i]), "listener")
		l, err := net.FileListener(f)
		if err = errors.Join(err, f.Close()); err != nil { // the listener has a copy
			return fmt.Errorf("descriptor %d is no socket to listen on: %w", fds[i], err)
		}
		if serve[shard.Bind] == nil {
			return errors.Join(fmt.Errorf("there is no admin interface %d", shard.Bind), l.Close())
		}
		m.doors = append(m.doors, door{l, serve[shard.Bind]})
	}
	return nil
}

// welcome begins to serve.
func (m *monitor) welcome() {
	for _, d := range m.doors {
		m.hosts = append(m.hosts, d.serve(d.listener))
	}
}

// gate is a listener that lets so many in at the same time.
type gate struct {
	net.Listener
	free chan struct{} // has a place for each one who is in
}

func newGate(l net.Listener) *gate { return &gate{l, make(chan struct{}, guests)} }

// acceptAgain is when Accept tries again: no descriptor is left, or the instance is paused and the socket does not listen.
const acceptAgain = 100 * time.Millisecond

// Accept waits until somebody may come in. An error means that the listener is closed.
func (g *gate) Accept() (net.Conn, error) {
	g.free <- struct{}{}
	for {
		c, err := g.Listener.Accept()
		if err == nil {
			return &guest{Conn: c, gate: g}, nil
		}
		if errors.Is(err, net.ErrClosed) {
			<-g.free
			return nil, err
		}
		<-time.After(acceptAgain)
	}
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

// Close may be called more than once, and by anybody.
func (g *guest) Close() error {
	err := g.Conn.Close()
	g.once.Do(func() { <-g.gate.free })
	return err
}

// askTime bounds how long the loop may take to answer.
const askTime = 2 * time.Second

// ask calls f on the loop, and waits until it has been called. It must not be used on the loop itself.
func (m *monitor) ask(f func()) error {
	done := make(chan struct{})
	timer := time.NewTimer(askTime)
	defer timer.Stop()
	select {
	case m.calls <- func() { f(); close(done) }:
		<-done
		return nil
	case <-timer.C:
		return errors.New("the monitor is busy")
	}
}
