package proxy

import (
	"errors"
	"fmt"

	"lbmaster/worker/loop"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/worker/poll"
	"lbmaster/worker/sock"
)

// listener is one listening socket of this process: a shard of the worker's own, or one lent by a sibling that died.
type listener struct {
	fd      sock.FD
	owner   int // the slot whose shard it is
	bind    int // of the frontend
	front   *frontend
	slot    uint32
	seq     uint32
	polled  bool // asks for events
	blocked bool // by a limit: has asked for no events since
}

// Listen takes ownership of a listening socket of a bind of a frontend, which are numbered as in the configuration. It is polled once the proxy is active.
func (p *Proxy) Listen(owner, frontend, bind, fd int) error {
	if frontend < 0 || frontend >= len(p.frontends) || p.frontends[frontend] == nil {
		return fmt.Errorf("no frontend %d to listen for", frontend)
	}
	if p.frontends[frontend].leaving { // lent by the master while this worker left: nobody would close the socket any more
		return unix.Close(fd)
	}
	// Whoever makes an os.File of any copy of a socket and asks it for its descriptor turns all copies blocking.
	_, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err = errors.Join(err, unix.SetNonblock(fd, true)); err != nil {
		return fmt.Errorf("descriptor %d is no socket to listen on: %w", fd, err)
	}
	l, slot := p.listeners.Take()
	*l = listener{fd: sock.Own(fd), owner: owner, bind: bind, front: p.frontends[frontend], slot: slot, seq: l.seq + 1}
	if l.front.mode == conf.ModeTCP {
		l.fd.KeepUrgent() // what is accepted inherits it; a failure loses what most relays do not pass on either
	}
	p.pollListener(l)
	return nil
}

// Unlisten stops polling the listening sockets of a slot and closes them. Other processes may go on using them.
func (p *Proxy) Unlisten(owner int) {
	for _, l := range p.listeners.All() {
		if l.fd.Valid() && l.owner == owner {
			p.closeListener(l)
		}
	}
}

func (p *Proxy) closeListeners() {
	for _, l := range p.listeners.All() {
		if l.fd.Valid() {
			p.closeListener(l)
		}
	}
}

func (p *Proxy) closeListener(l *listener) {
	if l.polled {
		p.loop.Unpoll(l.fd.Int()) // closing does not: the socket lives on in the master
	}
	l.fd.Close()
	l.seq++
	p.listeners.Put(l.slot)
}

// pollListeners makes every listener ask for the events that are wanted now.
func (p *Proxy) pollListeners() {
	for _, l := range p.listeners.All() {
		if l.fd.Valid() {
			p.pollListener(l)
		}
	}
}

// pollListener polls one listener if that is wanted now. One that is not wanted is not registered at all: the poller
// would report a socket that the master has shut down without end.
func (p *Proxy) pollListener(l *listener) {
	want := p.accepting && !l.blocked
	if want == l.polled {
		return
	}
	l.polled = want
	if want {
		p.loop.Poll(l.fd.Int(), poll.Readable, loop.Token(p.kinds.listener, l.slot, l.seq))
	} else {
		p.loop.Unpoll(l.fd.Int())
	}
}

// unblock lets every listener try again.
func (p *Proxy) unblock() {
	p.starved = false
	for _, l := range p.listeners.All() {
		l.blocked = false
	}
	p.pollListeners()
}
