package master

import (
	"errors"
	"fmt"

	"lbmaster/master/listen"
	"lbmaster/master/succession"
	"lbmaster/shared/control"
)

// simSocket is a listening socket.
type simSocket struct {
	address string
	shard   int
	listens bool
}

// listening is what /proc/net shows.
func (w *world) listening() map[string]bool {
	all := make(map[string]bool)
	for fd, s := range w.sockets {
		if s.listens {
			all[simSocketName(fd)] = true
		}
	}
	return all
}

func simSocketName(fd int) string { return fmt.Sprintf("socket:[%d]", fd) }

// socketCalls is what this process can do to sockets.
func (p *simMaster) socketCalls() socketCalls {
	each := func(l *listen.Listener, listens bool) {
		p.w.promise(p.flip.ready && !p.left(), "master %d, which does not serve, changes the sockets of %s", p.pid, l.Key)
		for _, fd := range l.FDs {
			p.w.sockets[fd].listens = listens
		}
	}
	return socketCalls{
		first: p.listen,
		next:  p.listen,
		own:   func(l *listen.Listener) error { l.Lent = false; each(l, true); return nil },
		shut:  func(l *listen.Listener) { each(l, false) },
		free:  func(*listen.Listener) error { return nil },
		again: func(l *listen.Listener) error { each(l, true); return nil },
		close: func(l *listen.Listener) { l.FDs = nil },
		state: func(l *listen.Listener) succession.Listener {
			s := succession.Listener{Address: l.Key, Shards: len(l.FDs)}
			for _, fd := range l.FDs {
				s.Sockets = append(s.Sockets, simSocketName(fd))
			}
			return s
		},
		forget: func(*listen.Listener) {},
	}
}

// listen takes the sockets of the configuration from the generation before, or makes them. They listen when the master owns them.
func (p *simMaster) listen(workers int) error {
	if p.plan == planNoSocket {
		return errors.New("cannot listen")
	}
	f := &p.m.config.Frontends[0]
	for i := range f.Binds {
		key := listen.Text(&f.Binds[i])
		l, err := p.m.incoming.sockets.Take(key)
		if err != nil {
			return err
		}
		if l == nil {
			l = &listen.Listener{}
		}
		l.Key, l.Shard = key, control.Shard{Bind: i}
		for len(l.FDs) < workers {
			fd := p.w.id()
			p.w.sockets[fd] = &simSocket{address: key, shard: len(l.FDs)}
			l.FDs = append(l.FDs, fd)
		}
		p.m.listeners = append(p.m.listeners, l)
	}
	return nil
}
