package master

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/control"
)

// backlog is how many connections may wait in one listening socket. The kernel lowers it to net.core.somaxconn.
const backlog = 4096

// listener is the open sockets of one bind. The master holds them for as long as it lives: closing one member of a
// SO_REUSEPORT group resets the connections that wait in it.
type listener struct {
	shard  control.Shard
	fds    []int     // tcp: one for each worker slot; else all are for all
	one    bool      // there is one socket for all workers: unix, or inherited
	path   string    // unix
	inode  uint64    // of path; 0: that is another's
	waits  string    // unix: the path that it has until it takes the other one; "": it has
	kept   string    // unix: the path of the socket from which it has been taken; "": none
	leaves time.Time // soft stop: when it closes; zero: not yet known, or closed
	key    string    // its address, for the next generation
	defers bool      // only a connection whose client has sent something is accepted
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

// owner has sockets that listen already.
type owner interface {
	// claim returns those of an address; nil: there are none.
	claim(address string) (*listener, error)
}

// listen opens the sockets of every bind of c, for that many workers. With an error, nothing is left open. All binds that
// fail are reported. Sockets that are there already, from the generation before or because the program was started with
// them, are claimed; nil: there are none. Unix sockets of the instance that is replaced lose their paths; nil: none is.
func listen(c *conf.Config, workers int, before owner, replaced *predecessors) (all []*listener, err error) {
	var failures []error
	for i := range c.Frontends {
		f := &c.Frontends[i]
		for j := range f.Binds {
			b := &f.Binds[j]
			var l *listener
			var err error
			if before != nil {
				l, err = before.claim(bindText(b))
			}
			switch {
			case err != nil:
			case l == nil:
				l, err = open(b, workers, replaced)
			default:
				err = l.grow(b, workers)
			}
			if err != nil {
				failures = append(failures, fmt.Errorf("cannot bind %s for %s (line %d): %w", bindText(b), f.Section, b.Line, hint(err)))
				continue
			}
			l.key, l.shard, l.defers = bindText(b), control.Shard{Frontend: i, Bind: j}, f.DeferAccept
			l.tune()
			all = append(all, l)
		}
	}
	return settled(all, failures)
}

// settled is what has been opened, with the paths that it takes over. With an error, nothing is left open.
func settled(all []*listener, failures []error) ([]*listener, error) {
	err := errors.Join(failures...)
	if err == nil {
		err = seizePaths(all)
	}
	if err != nil {
		closeListeners(all)
		return nil, err
	}
	return all, nil
}

// grow adds sockets when there are more workers than before. They listen when we have taken over: until then they would
// take connections that nobody may ever accept.
func (l *listener) grow(b *conf.Bind, workers int) error {
	for !l.shared() && len(l.fds) < workers {
		fd, err := bindTCP(addrPort(b), true)
		if err != nil {
			l.close()
			return err
		}
		l.fds = append(l.fds, fd)
	}
	return nil
}

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

// hint adds what the operator can do.
func hint(err error) error {
	switch held := new(heldError); {
	case errors.As(err, &held):
		return err // it says so itself
	case errors.Is(err, unix.EADDRINUSE):
		return fmt.Errorf("%w: another program, or another lbmaster, listens there (ss -ltnp shows which)", err)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: ports below 1024 need root or CAP_NET_BIND_SERVICE", err)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("%w: this machine does not have the address (ip addr shows those it has)", err)
	}
	return err
}

func bindText(b *conf.Bind) string {
	switch {
	case b.Network == "unix":
		return "unix:" + b.Path
	case b.Network == "fd" && b.Name != "":
		return "fd@" + b.Name
	case b.Network == "fd":
		return "fd@" + strconv.Itoa(b.FD)
	}
	return addrPort(b).String()
}

func open(b *conf.Bind, workers int, replaced *predecessors) (*listener, error) {
	switch b.Network {
	case "unix":
		// Whoever may reach the directory may connect, as with a port.
		return openUnix(b.Path, 0o666, replaced.mayTake)
	case "fd":
		return nil, errors.New("this program was not started with such a socket (FileDescriptorName= in systemd.socket(5) names them)")
	}
	return openTCP(addrPort(b), workers)
}

// openTCP opens one socket of the address for each worker. SO_REUSEPORT would let us bind silently beside another
// program of the same user that has set it too, so that the address is first bound without it. Only beside workers that
// have lost their master we do bind.
func openTCP(ap netip.AddrPort, workers int) (*listener, error) {
	probe, err := bindTCP(ap, false)
	switch {
	case err == nil:
		unix.Close(probe) // it has not listened: nothing was queued on it
	case !errors.Is(err, unix.EADDRINUSE) || !heldByOrphans(listeningAt(ap)):
		return nil, err
	}
	l := &listener{}
	for range workers {
		fd, err := bindTCP(ap, true)
		if err == nil {
			l.fds = append(l.fds, fd)
			err = unix.Listen(fd, backlog)
		}
		if err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

// bindTCP makes a socket and binds it. SO_REUSEADDR is set too, so that after a pause of all shards any ordinary server
// could take the port (UNIX sockets have no such thing). The protocol is named: Go's net package would make an MPTCP
// socket, which cannot steer a REUSEPORT group.
func bindTCP(ap netip.AddrPort, shard bool) (int, error) {
	family := unix.AF_INET6
	if ap.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, err
	}
	options := [][3]int{{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1}, {unix.IPPROTO_TCP, unix.TCP_NODELAY, 1}}
	if shard {
		options = append(options, [3]int{unix.SOL_SOCKET, unix.SO_REUSEPORT, 1})
	}
	if family == unix.AF_INET6 {
		options = append(options, [3]int{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1})
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o[0], o[1], o[2]); err != nil {
			return -1, errors.Join(err, unix.Close(fd))
		}
	}
	if err := unix.Bind(fd, sockaddr(ap)); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func sockaddr(ap netip.AddrPort) unix.Sockaddr {
	if ap.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ap.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(ap.Port()), Addr: ap.Addr().As16()}
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
