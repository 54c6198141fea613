package master

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/master/procfs"
	"lbmaster/shared/control"
)

// owner has sockets that listen already.
type owner interface {
	// take returns those of an address; nil: there are none.
	take(address string) (*listener, error)
	// serves is those on which the generation before serves, as /proc/PID/fd shows them.
	serves() map[string]bool
	// left is the addresses of that generation which nobody has taken yet.
	left() []string
}

// opening is what is known while the sockets of a configuration are opened.
type opening struct {
	workers  int
	before   owner           // nil: there is none
	replaced *predecessors   // nil: there are none
	own      map[string]bool // sockets of this instance, those of the generation before too, as /proc/PID/fd shows them
	renews   bool            // the generation before serves
	tcp      procfs.TCPTable // what has been seen to listen, and what is opened; nil: nothing was looked for yet
	orphans  map[string]bool // sockets of tcp that only orphans have; nil: nobody was looked for yet
}

func newOpening(workers int, before owner, replaced *predecessors) *opening {
	o := &opening{workers: workers, before: before, replaced: replaced, own: make(map[string]bool)}
	if before != nil {
		maps.Copy(o.own, before.serves())
		o.renews = len(o.own) > 0
	}
	return o
}

// has makes sockets the instance's own.
func (o *opening) has(l *listener) {
	at, err := netip.ParseAddrPort(l.key)
	for _, fd := range l.fds {
		name := procfs.SocketName(fd)
		o.own[name] = true
		if err == nil && o.tcp != nil {
			o.tcp.Add(at, name)
		}
	}
}

// listeningAt is the TCP sockets at an address or at one that has addresses in common with it: of others those that listened when it
// was asked for the first time, of ours all.
func (o *opening) listeningAt(ap netip.AddrPort) map[string]bool {
	if o.tcp == nil {
		o.tcp = procfs.ReadTCP()
	}
	return o.tcp.At(ap)
}

// heldByOrphans is the function of that name, for TCP sockets of others.
func (o *opening) heldByOrphans(sockets map[string]bool) bool {
	if len(sockets) == 0 {
		return false
	}
	if o.orphans == nil {
		all := o.tcp.Names()
		o.strangers(all)
		o.orphans = procfs.Orphaned(all)
	}
	for socket := range sockets {
		if !o.orphans[socket] {
			return false
		}
	}
	return true
}

// strangers takes the instance's own sockets away, and says whether there were any.
func (o *opening) strangers(sockets map[string]bool) (own bool) {
	n := len(sockets)
	maps.DeleteFunc(sockets, func(socket string, _ bool) bool { return o.own[socket] })
	return len(sockets) < n
}

// listen opens the sockets of every bind of c, for that many workers. With an error, nothing is left open. All binds that
// fail are reported. Sockets that are there already, from the generation before or because the program was started with
// them, are taken; nil: there are none. Unix sockets of the instance that is replaced lose their paths; nil: none is.
func listen(c *conf.Config, workers int, before owner, replaced *predecessors) (all []*listener, err error) {
	var failures []error
	o := newOpening(workers, before, replaced)
	for i := range c.Frontends {
		f := &c.Frontends[i]
		for j := range f.Binds {
			b := &f.Binds[j]
			l, err := o.bind(b, f.FreeBind)
			if err != nil {
				failures = append(failures, fmt.Errorf("cannot bind %s for %s (line %d): %w", bindText(b), f.Section, b.Line, hint(err)))
				continue
			}
			l.key, l.shard, l.defers = bindText(b), control.Shard{Frontend: i, Bind: j}, f.DeferAccept
			l.tune()
			o.has(l)
			all = append(all, l)
		}
	}
	kept, err := o.keepExact(all)
	return settled(append(all, kept...), append(failures, err))
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

// bind takes the sockets of a bind, or opens them.
func (o *opening) bind(b *conf.Bind, early bool) (l *listener, err error) {
	if o.before != nil {
		l, err = o.before.take(bindText(b))
	}
	switch {
	case err != nil:
		return nil, err
	case l == nil:
		return o.open(b, early)
	}
	l.early = early
	return l, l.grow(addrPort(b), o.workers)
}

func (o *opening) open(b *conf.Bind, early bool) (*listener, error) {
	switch b.Network {
	case "unix":
		// Whoever may reach the directory may connect, as with a port.
		return o.openUnix(b.Path, 0o666, o.replaced.mayTake)
	case "fd":
		return nil, errors.New("this program was not started with such a socket (FileDescriptorName= in systemd.socket(5) names them)")
	}
	return o.openTCP(addrPort(b), early)
}

// hint adds what the operator can do.
func hint(err error) error {
	switch held := new(procfs.HeldError); {
	case errors.As(err, &held):
		return err // it says so itself
	case errors.Is(err, unix.EADDRINUSE):
		return fmt.Errorf("%w: another program, or another lbmaster, listens there (ss -ltnp shows which)", err)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: ports below 1024 need root or CAP_NET_BIND_SERVICE", err)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("%w: this machine does not have the address (ip addr shows those it has); free_bind = true listens there all the same", err)
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
