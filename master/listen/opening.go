// Package listen opens and holds the listening sockets of an instance: of its own, of the generation before, and those that it was started
// with.
//
//	opening    all binds of a configuration
//	wide       addresses that have others as a part
//	tcp, unix  a bind
//	given      sockets that the program was started with
//	again      a pause, and its end
//	listen     the sockets of one bind
//	lock       two instances that start at the same time
package listen

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

// Owner has sockets that listen already.
type Owner interface {
	// Take returns those of an address; nil: there are none.
	Take(address string) (*Listener, error)
	// Serves is those on which the generation before Serves, as /proc/PID/fd shows them.
	Serves() map[string]bool
	// Left is the addresses of that generation which nobody has taken yet.
	Left() []string
}

// MayTake says whether the path of a unix socket may be taken from these sockets, which answer. Without one, orphans lose theirs.
type MayTake func(sockets map[string]bool) bool

// Opening is what is known while the sockets of a configuration are opened.
type Opening struct {
	workers int
	before  Owner           // nil: there is none
	mayTake MayTake         // whether the path of a unix socket may be taken
	own     map[string]bool // sockets of this instance, those of the generation before too, as /proc/PID/fd shows them
	renews  bool            // the generation before serves
	tcp     procfs.TCPTable // what has been seen to listen, and what is opened; nil: nothing was looked for yet
	orphans map[string]bool // sockets of tcp that only orphans have; nil: nobody was looked for yet
}

func NewOpening(workers int, before Owner, mayTake MayTake) *Opening {
	if mayTake == nil {
		mayTake = procfs.HeldByOrphans
	}
	o := &Opening{workers: workers, before: before, mayTake: mayTake, own: make(map[string]bool)}
	if before != nil {
		maps.Copy(o.own, before.Serves())
		o.renews = len(o.own) > 0
	}
	return o
}

// Add makes sockets the instance's own.
func (o *Opening) Add(l *Listener) {
	at, err := netip.ParseAddrPort(l.Key)
	for _, fd := range l.FDs {
		name := procfs.SocketName(fd)
		o.own[name] = true
		if err == nil && o.tcp != nil {
			o.tcp.Add(at, name)
		}
	}
}

// listeningAt is the TCP sockets at an address or at one that has addresses in common with it: of others those that listened when it
// was asked for the first time, of ours all.
func (o *Opening) listeningAt(ap netip.AddrPort) map[string]bool {
	if o.tcp == nil {
		o.tcp = procfs.ReadTCP()
	}
	return o.tcp.At(ap)
}

// heldByOrphans is the function of that name, for TCP sockets of others.
func (o *Opening) heldByOrphans(sockets map[string]bool) bool {
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
func (o *Opening) strangers(sockets map[string]bool) (own bool) {
	n := len(sockets)
	maps.DeleteFunc(sockets, func(socket string, _ bool) bool { return o.own[socket] })
	return len(sockets) < n
}

// All opens the sockets of every bind of c, for that many workers. With an error, nothing is left open. All binds that
// fail are reported. Sockets that are there already, from the generation before or because the program was started with
// them, are taken; nil: there are none. Unix sockets that mayTake allows to lose their paths.
func All(c *conf.Config, workers int, before Owner, mayTake MayTake) (all []*Listener, err error) {
	var failures []error
	o := NewOpening(workers, before, mayTake)
	for i := range c.Frontends {
		f := &c.Frontends[i]
		for j := range f.Binds {
			b := &f.Binds[j]
			l, err := o.bind(b, f.FreeBind)
			if err != nil {
				failures = append(failures, fmt.Errorf("cannot bind %s for %s (line %d): %w", Text(b), f.Section, b.Line, Hint(err)))
				continue
			}
			l.Key, l.Shard, l.Defers = Text(b), control.Shard{Frontend: i, Bind: j}, f.DeferAccept
			l.tune()
			o.Add(l)
			all = append(all, l)
		}
	}
	kept, err := o.keepExact(all)
	return Settled(append(all, kept...), append(failures, err))
}

// Settled is what has been opened, with the paths that it takes over. With an error, nothing is left open.
func Settled(all []*Listener, failures []error) ([]*Listener, error) {
	err := errors.Join(failures...)
	if err == nil {
		err = seizePaths(all)
	}
	if err != nil {
		CloseAll(all)
		return nil, err
	}
	return all, nil
}

// bind takes the sockets of a bind, or opens them.
func (o *Opening) bind(b *conf.Bind, early bool) (l *Listener, err error) {
	if o.before != nil {
		l, err = o.before.Take(Text(b))
	}
	switch {
	case err != nil:
		return nil, err
	case l == nil:
		return o.open(b, early)
	}
	l.Early = early
	return l, l.grow(AddrPort(b), o.workers)
}

func (o *Opening) open(b *conf.Bind, early bool) (*Listener, error) {
	switch b.Network {
	case "unix":
		return o.OpenUnix(b.Path, Anybody, o.mayTake)
	case "fd":
		return nil, errors.New("this program was not started with such a socket (FileDescriptorName= in systemd.socket(5) names them)")
	}
	return o.OpenTCP(AddrPort(b), early)
}

// Hint adds what the operator can do.
func Hint(err error) error {
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

func Text(b *conf.Bind) string {
	switch {
	case b.Network == "unix":
		return "unix:" + b.Path
	case b.Network == "fd" && b.Name != "":
		return "fd@" + b.Name
	case b.Network == "fd":
		return "fd@" + strconv.Itoa(b.FD)
	}
	return AddrPort(b).String()
}

// addrPort is where a TCP bind listens.
func AddrPort(b *conf.Bind) netip.AddrPort { return netip.AddrPortFrom(b.Addr, uint16(b.Port)) }
