package proxy

import (
	"errors"
	"fmt"
	"time"

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

// accepts bounds the connections that one listener yields in a loop turn, so that the others get theirs.
const accepts = 64

// longestQueue is how many connections may wait in a listening socket at most: the backlog that the master asks for.
const longestQueue = 4096

// starvedTime is how long a worker without a free descriptor waits before it tries to accept again, in ms.
const starvedTime = 1000

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
	want := (p.mode == active || p.mode == draining) && !l.blocked
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

// onListener takes an event of a listening socket.
func (p *Proxy) onListener(t poll.Token) {
	l := p.listeners.At(t.Slot())
	if l != nil && l.seq == t.Seq() && l.polled {
		p.accept(l)
	}
}

// accept takes what waits in the listening socket's queue, and says whether more may be waiting. A client's first bytes
// have often come with it: they are received at once, and such a client need not be registered with the poller to be
// answered.
func (p *Proxy) accept(l *listener) bool {
	if !p.refilled() || p.crowded && !p.receiveAll() { // those who are in come before those who are not
		p.acceptFailed(l, unix.EMFILE)
		return false
	}
	for range accepts {
		if !p.reserve(l.front) {
			p.block(l)
			return false
		}
		fd, e := l.fd.Accept(&p.peer)
		if e != 0 {
			p.unreserve(l.front)
			p.acceptFailed(l, e)
			return false
		}
		p.startSession(p.begin(fd, l.front, l.bind, p.peer.AddrPort()))
	}
	return true
}

// emptyQueue takes all that waits in a queue that is not polled any more. A flood of clients does not keep it: it takes
// no more than the longest queue can hold.
func (p *Proxy) emptyQueue(l *listener) {
	for range longestQueue / accepts {
		if !p.accept(l) {
			return
		}
	}
}

// acceptFailed tells a drained queue from a lack of descriptors or memory.
func (p *Proxy) acceptFailed(l *listener, e unix.Errno) {
	switch e {
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
		if p.worker.Upstream.DropIdle() {
			return // the queue is reported again, and now there is room
		}
		p.starve(l, e)
	case unix.EAGAIN:
		p.shortageReported = false
	}
}

// starve stops accepting until a descriptor may be free.
func (p *Proxy) starve(l *listener, e unix.Errno) {
	for _, other := range p.listeners.All() {
		other.blocked = true
	}
	p.pollListeners()
	p.starved = true
	if !p.shortageReported {
		p.reportShortage(l, e)
	}
	p.loop.After(starvedTime*time.Millisecond, p.unblock)
}

// reportShortage tells the operator that descriptors are missing, once until there have been enough for all clients that waited.
func (p *Proxy) reportShortage(l *listener, e unix.Errno) {
	p.shortageReported = true
	p.report(fmt.Sprintf("cannot accept for %s: %v; accepting again when a connection has ended "+
		"(global.maxconn or the limit of open files is too high or too low)", l.front.Name, e))
}

// block stops polling a listener until unblock.
func (p *Proxy) block(l *listener) {
	l.blocked = true
	p.pollListener(l)
	p.awaitReservation()
}

// unblock lets every listener try again.
func (p *Proxy) unblock() {
	p.starved = false
	for _, l := range p.listeners.All() {
		l.blocked = false
	}
	p.pollListeners()
}
