package proxy

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/counter"
	"lbmaster/worker/poll"
)

// accepts bounds the connections that one listener yields in a loop turn, so that the others get theirs.
const accepts = 64

// longestQueue is how many connections may wait in a listening socket at most: the backlog that the master asks for.
const longestQueue = 4096

// starvedTime is how long a worker without a free descriptor waits before it tries to accept again, in ms.
const starvedTime = 1000

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
		s := p.begin(l.front, l.bind, p.peer.AddrPort())
		s.client.Open(fd, s.token())
		if l.front.keepAlive {
			s.client.FD.KeepAlive() // a failure leaves the other time-outs
		}
		p.startSession(s)
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

// startSession lets a new session do what it can at once.
func (p *Proxy) startSession(s *session) {
	s.Enqueue()
	monitor := len(s.front.monitors) > 0 && s.front.monitored(s.client.Peer.Addr())
	switch {
	case monitor && s.front.mode == conf.ModeTCP:
		s.end()
		return
	case monitor || s.front.mode == conf.ModeHealth:
		s.assure()
		return
	}
	s.front.Counters[counter.Sessions].Add(1)
	p.counters[counter.Sessions].Add(1)
	if s.front.Log.Connections() {
		s.front.Log.WriteConnection(s.client.Peer, s.client.FD.Name())
	}
	s.client.Fill(p.worker.Pools)
	if s.front.mode == conf.ModeTCP {
		s.beginRelay()
	}
}
