package proxy

import (
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/worker/flow"
	"lbmaster/worker/poll"
	"lbmaster/worker/sock"
)

// network is what the kernel is to a proxy: sockets, a poller and a clock, all in the hands of a test. Nothing happens in it beside the
// goroutine of the test, so that each run is the same.
type network struct {
	now     time.Time
	passes  time.Duration // that is still to pass while nothing happens
	idle    bool          // the last wait found nothing
	sockets map[int]*socket
	next    int
	servers map[sock.Address]*farEnd
	ready   []event
}

// farEnd is where a server listens.
type farEnd struct {
	mood  string    // "up", "down": refuses; "silent": never answers
	conns []*socket // those to it, in the order in which they were made
}

type event struct {
	socket *socket
	ready  poll.Ready
}

// firstDescriptor is the first number of a socket: no descriptor of the process has one so high.
const firstDescriptor = 1 << 20

func newNetwork() *network {
	return &network{now: time.Unix(1_700_000_000, 0), sockets: make(map[int]*socket), next: firstDescriptor, servers: make(map[sock.Address]*farEnd)}
}

// socket is one end of a connection, the proxy's. The test is the peer.
type socket struct {
	net   *network
	n     int
	token poll.Token
	polls bool
	local netip.AddrPort

	in       []byte // from the peer, in our kernel
	ended    bool   // the peer has ended its side, behind in
	out      []byte // from us, in the peer's kernel
	room     int    // of out
	broken   unix.Errno
	open     bool
	links    bool // connecting, or refused
	shut     bool // we have ended our side
	resets   bool
	wasReset bool // we have reset the connection
}

func (w *network) socket() *socket {
	s := &socket{net: w, n: w.next, room: 1 << 20, open: true, local: netip.MustParseAddrPort("10.0.0.1:80")}
	w.sockets[s.n] = s
	w.next++
	return s
}

// Dial is for upstream.Dialer.
func (w *network) Dial(_ *sock.Address, to sock.Address) (flow.Socket, unix.Errno) {
	far := w.servers[to]
	s := w.socket()
	far.conns = append(far.conns, s)
	switch far.mood {
	case "down":
		s.links, s.broken = true, unix.ECONNREFUSED
	case "silent":
		s.links = true
	}
	return s, unix.EINPROGRESS
}

// tell makes an event, if somebody polls.
func (s *socket) tell(r poll.Ready) {
	if s.polls && s.open {
		s.net.ready = append(s.net.ready, event{s, r})
	}
}

// What the peer does.

func (s *socket) peerSends(p []byte) {
	s.in = append(s.in, p...)
	s.tell(poll.Readable)
}

func (s *socket) peerEnds() {
	s.ended = true
	s.tell(poll.Readable | poll.PeerDone)
}

func (s *socket) peerResets() {
	s.broken, s.in = unix.ECONNRESET, nil
	s.tell(poll.Readable | poll.Writable | poll.PeerDone | poll.Broken)
}

// peerTakes is all that has come to the peer, or n bytes of it.
func (s *socket) peerTakes(n int) []byte {
	full := len(s.out) >= s.room
	p := slices.Clone(s.out[:min(n, len(s.out))])
	s.out = s.out[len(p):]
	if full && len(p) > 0 {
		s.tell(poll.Writable)
	}
	return p
}

// The calls of the proxy, with the semantics of a kernel.

func (s *socket) Valid() bool { return s.open }
func (s *socket) Int() int    { return s.n }

func (s *socket) Recv(p []byte) (int, unix.Errno) {
	switch {
	case len(s.in) > 0:
		n := copy(p, s.in)
		s.in = s.in[n:]
		return n, 0
	case s.broken != 0:
		e := s.broken
		return 0, e
	case s.ended:
		return 0, 0
	}
	return 0, unix.EAGAIN
}

func (s *socket) Peek() (int, unix.Errno) {
	switch {
	case len(s.in) > 0:
		return 1, 0
	case s.broken != 0:
		return 0, s.broken
	case s.ended:
		return 0, 0
	}
	return 0, unix.EAGAIN
}

func (s *socket) Send(p []byte) (int, unix.Errno) {
	switch {
	case s.broken != 0 && s.links:
		return 0, s.broken
	case s.broken != 0:
		return 0, unix.EPIPE
	case s.links || len(s.out) >= s.room:
		return 0, unix.EAGAIN
	}
	n := min(len(p), s.room-len(s.out))
	s.out = append(s.out, p[:n]...)
	return n, 0
}

func (s *socket) SendMore(p []byte) (int, unix.Errno) { return s.Send(p) }

// FillPipe fails: what would be spliced is copied.
func (s *socket) FillPipe(*sock.Pipe, int) (int, unix.Errno) { return 0, unix.EINVAL }
func (s *socket) DrainPipe(*sock.Pipe) (int, unix.Errno)     { return 0, unix.EINVAL }

func (s *socket) Error() unix.Errno {
	e := s.broken
	s.broken = 0
	return e
}

func (s *socket) Unsent() int            { return len(s.out) }
func (s *socket) ShutdownWrite()         { s.shut = true }
func (s *socket) ResetOnClose()          { s.resets = true }
func (s *socket) KeepUrgent() unix.Errno { return 0 }
func (s *socket) KeepAlive() unix.Errno  { return 0 }
func (s *socket) Name() netip.AddrPort   { return s.local }

// Close ends our side; it is a reset when that was asked for, and when something has come that nobody has received.
func (s *socket) Close() {
	s.open, s.polls = false, false
	s.wasReset = s.resets || len(s.in) > 0
	if s.wasReset && s.resets {
		s.out = nil
	}
	s.shut = true
}

// The poller.

func (w *network) clock() time.Time { return w.now }

func (w *network) Add(fd int, _ poll.Ready, t poll.Token) unix.Errno {
	s := w.sockets[fd]
	if s == nil {
		return 0 // a descriptor of the process, which nothing happens to
	}
	s.token, s.polls = t, true
	var r poll.Ready
	if !s.links {
		r |= poll.Writable
	}
	if len(s.in) > 0 || s.ended {
		r |= poll.Readable
	}
	if s.ended {
		r |= poll.PeerDone
	}
	if s.broken != 0 {
		r |= poll.Readable | poll.Writable | poll.PeerDone | poll.Broken
	}
	if r != 0 {
		s.tell(r)
	}
	return 0
}

func (w *network) Remove(fd int) unix.Errno {
	if s := w.sockets[fd]; s != nil {
		s.polls = false
	}
	return 0
}

// Wait returns at once. When nothing has happened, time passes: as much as the loop would wait, or is to pass.
func (w *network) Wait(ms int) (int, unix.Errno) {
	if n := len(w.ready); n > 0 {
		return min(n, poll.Batch), 0
	}
	w.idle = ms != 0
	step := min(time.Duration(max(ms, 0))*time.Millisecond, w.passes)
	w.now = w.now.Add(step)
	w.passes -= step
	return 0, 0
}

func (w *network) Event(int) (poll.Token, poll.Ready) {
	e := w.ready[0]
	w.ready = w.ready[1:]
	return e.socket.token, e.ready
}

func (w *network) Close() error { return nil }
