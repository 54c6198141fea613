package listen

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
)

// backlog is how many connections may wait in one listening socket. The kernel lowers it to net.core.somaxconn.
const backlog = 4096

// Listener is the open sockets of one bind. The master holds them for as long as it lives: closing one member of a
// SO_REUSEPORT group resets the connections that wait in it.
type Listener struct {
	Shard  control.Shard
	FDs    []int     // tcp: one for each worker slot; else all are for all
	One    bool      // there is one socket for all workers: unix, or given
	Path   string    // unix
	Inode  uint64    // of path; 0: that is another's
	waits  string    // unix: the path that it has until it takes the other one; "": it has
	kept   string    // unix: the path of the socket from which it has been taken; "": none
	Leaves time.Time // soft stop: when it closes; zero: not yet known, or closed
	Key    string    // its address, for the next generation
	Defers bool      // only a connection whose client has sent something is accepted
	Early  bool      // its address need not be there yet
	Lent   bool      // another master holds it too, and it is that one's as long as we have not taken over
}

// Of are the sockets that the worker Of a slot polls. There are more sockets than workers when their number has gone down.
func (l *Listener) Of(slot, workers int) []int {
	if l.Shared() {
		return l.FDs
	}
	var fds []int
	for i := slot; i < len(l.FDs); i += workers {
		fds = append(fds, l.FDs[i])
	}
	return fds
}

// Shared says that all workers poll the same socket.
func (l *Listener) Shared() bool { return l.One }

// Given says that the sockets have another owner, who has started this program with them.
func (l *Listener) Given() bool { return l.One && l.Inode == 0 }

// Own makes the sockets ours alone: those that were only bound begin to listen, and those that the generation before has
// shut because all its workers crashed.
func (l *Listener) Own() error {
	l.Lent = false
	l.tune()
	return l.ListenAgain()
}

// DeferTime is for how long a connection waits for its client to send something, in seconds; then it is accepted as it is.
const DeferTime = 1

// tune lets the kernel hold connections back, or not (tcp(7), TCP_DEFER_ACCEPT): one that is accepted with its first request
// costs a wake-up and some work less. Sockets that still serve another generation are left as that one wants them.
func (l *Listener) tune() {
	if l.Lent || l.Path != "" {
		return
	}
	seconds := 0
	if l.Defers {
		seconds = DeferTime
	}
	for _, fd := range l.FDs {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, seconds) // without it all goes on as well
	}
}

// InodeOf is the number of the file at path, 0 when there is none.
func InodeOf(path string) uint64 {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return 0
	}
	return st.Ino
}

// Close closes the sockets, and removes the path unless it belongs to somebody else by now. Sockets that were given go on
// listening for their owner, after a pause too.
func (l *Listener) Close() {
	if l.Given() && !l.Lent {
		_ = l.ListenAgain() // the address may have another user by now
	}
	for _, fd := range l.FDs {
		unix.Close(fd) // nothing can be done about an error
	}
	l.FDs = nil
	l.leavePath()
}

func CloseAll(all []*Listener) {
	for _, l := range all {
		l.Close()
	}
}

// Address is where the sockets of a TCP bind listen.
func (l *Listener) Address() (ap netip.AddrPort, ok bool) {
	if len(l.FDs) == 0 {
		return ap, false
	}
	at, _ := unix.Getsockname(l.FDs[0])
	switch at := at.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(at.Addr), uint16(at.Port)), true
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(at.Addr), uint16(at.Port)), true
	}
	return ap, false
}
