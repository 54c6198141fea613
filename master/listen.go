package master

import (
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
)

// backlog is how many connections may wait in one listening socket. The kernel lowers it to net.core.somaxconn.
const backlog = 4096

// listener is the open sockets of one bind. The master holds them for as long as it lives: closing one member of a
// SO_REUSEPORT group resets the connections that wait in it.
type listener struct {
	shard  control.Shard
	fds    []int     // tcp: one for each worker slot; else all are for all
	one    bool      // there is one socket for all workers: unix, or given
	path   string    // unix
	inode  uint64    // of path; 0: that is another's
	waits  string    // unix: the path that it has until it takes the other one; "": it has
	kept   string    // unix: the path of the socket from which it has been taken; "": none
	leaves time.Time // soft stop: when it closes; zero: not yet known, or closed
	key    string    // its address, for the next generation
	defers bool      // only a connection whose client has sent something is accepted
	early  bool      // its address need not be there yet
	lent   bool      // another master holds it too, and it is that one's as long as we have not taken over
}

// of are the sockets that the worker of a slot polls. There are more sockets than workers when their number has gone down.
func (l *listener) of(slot, workers int) []int {
	if l.shared() {
		return l.fds
	}
	var fds []int
	for i := slot; i < len(l.fds); i += workers {
		fds = append(fds, l.fds[i])
	}
	return fds
}

// shared says that all workers poll the same socket.
func (l *listener) shared() bool { return l.one }

// given says that the sockets have another owner, who has started this program with them.
func (l *listener) given() bool { return l.one && l.inode == 0 }

// own makes the sockets ours alone: those that were only bound begin to listen, and those that the generation before has
// shut because all its workers crashed.
func (l *listener) own() error {
	l.lent = false
	l.tune()
	return l.listenAgain()
}

// deferTime is for how long a connection waits for its client to send something, in seconds; then it is accepted as it is.
const deferTime = 1

// tune lets the kernel hold connections back, or not (tcp(7), TCP_DEFER_ACCEPT): one that is accepted with its first request
// costs a wake-up and some work less. Sockets that still serve another generation are left as that one wants them.
func (l *listener) tune() {
	if l.lent || l.path != "" {
		return
	}
	seconds := 0
	if l.defers {
		seconds = deferTime
	}
	for _, fd := range l.fds {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, seconds) // without it all goes on as well
	}
}

// inode is the number of the file at path, 0 when there is none.
func inode(path string) uint64 {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return 0
	}
	return st.Ino
}

// close closes the sockets, and removes the path unless it belongs to somebody else by now. Sockets that were given go on
// listening for their owner, after a pause too.
func (l *listener) close() {
	if l.given() && !l.lent {
		_ = l.listenAgain() // the address may have another user by now
	}
	for _, fd := range l.fds {
		unix.Close(fd) // nothing can be done about an error
	}
	l.fds = nil
	l.leavePath()
}

func closeListeners(all []*listener) {
	for _, l := range all {
		l.close()
	}
}
