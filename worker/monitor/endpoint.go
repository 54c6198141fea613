package monitor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"lbmaster/shared/control"
)

// endpoint is a socket on which an interface listens, and how that is served.
type endpoint struct {
	listener net.Listener
	serve    func(net.Listener) service
}

// service is an interface that is being served. The end of it closes its listener.
type service struct {
	finish func(ctx context.Context) // when the clients that are connected have been answered, at the latest with ctx
}

// open takes the master's sockets. Nobody is served yet: an older generation's monitor may do so.
func (m *monitor) open(shards []control.Shard, fds []int) error {
	serve := map[int]func(net.Listener) service{control.AdminSocket: m.serveSocket, control.AdminListen: m.serveWeb}
	for i, shard := range shards {
		f := os.NewFile(uintptr(fds[i]), "listener")
		l, err := net.FileListener(f)
		if err = errors.Join(err, f.Close()); err != nil { // the listener has a copy
			return fmt.Errorf("descriptor %d is no socket to listen on: %w", fds[i], err)
		}
		if serve[shard.Bind] == nil {
			return errors.Join(fmt.Errorf("there is no admin interface %d", shard.Bind), l.Close())
		}
		m.endpoints = append(m.endpoints, endpoint{l, serve[shard.Bind]})
	}
	return nil
}

// serveEndpoints begins to serve.
func (m *monitor) serveEndpoints() {
	for _, e := range m.endpoints {
		m.services = append(m.services, e.serve(e.listener))
	}
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
