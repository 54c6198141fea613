package master

import (
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/master/child"
	"lbmaster/master/listen"
	"lbmaster/master/procfs"
	"lbmaster/master/succession"
	"lbmaster/shared/control"
	"lbmaster/shared/dump"
	"lbmaster/shared/faults"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
)

// system is what the reconciler does beyond its own state, as functions: time, processes, sockets, memory. Tests have others, so that an
// instance runs through its life without a process, a socket or a moment that passes.
type system struct {
	now    func() time.Time
	jitter func() float64       // between -1 and 1
	aside  func(do func())      // runs something that waits beside the reconciler
	dump   func()               // writes what this process is doing
	kept   func() (lost uint64) // takes the number of lines that standard error did not take

	spawn   func(slot int) (*child.Child, error)
	kernel  *child.Kernel           // of adopted children
	watch   func(*child.Child)      // tells of an adopted child what happens to it
	ended   func(*child.Child) bool // its process has ended, though nobody has said so yet
	forward func(pid int)           // passes all further signals on

	pair  func() (mine, theirs int, err error) // the ends of a channel
	close func(fd int)
	lend  func(fd int) (child.Channel, error) // a channel of which another master has the same end

	counters func(fd int) (*stats.Stats, error) // maps those of an older generation
	faults   func(fd int) (int, error)          // another descriptor of the memory for faults, for reading
	board    func(fd int) (*status.Board, error)
	release  func(*generation) error // unmaps both

	sockets   socketCalls
	pidfile   func() error           // makes the pidfile ours
	listening func() map[string]bool // all sockets that listen, as /proc/PID/fd shows them
	orphans   func()                 // tells orphans that listen where we do to finish
}

// socketCalls is what becomes of the sockets of an address.
type socketCalls struct {
	first  func(workers int) error      // opens those of a first generation
	next   func(workers int) error      // opens those that succeed inherited ones
	own    func(*listen.Listener) error // they are ours alone, and listen
	shut   func(*listen.Listener)       // they refuse connections, and others may have the address
	free   func(*listen.Listener) error // why another program keeps the address
	again  func(*listen.Listener) error // they listen after shut
	close  func(*listen.Listener)
	state  func(*listen.Listener) succession.Listener
	forget func(*listen.Listener) // nobody gets a path back from which it was taken
}

// outside is the world.
func (m *master) outside() *system {
	return &system{
		now:       time.Now,
		jitter:    jitter,
		aside:     func(do func()) { go do() },
		dump:      func() { dump.Write(m.env.Say, "lbmaster: master") },
		kept:      m.env.Say.TakeDropped,
		spawn:     m.spawn,
		kernel:    &child.RealKernel,
		watch:     func(c *child.Child) { go c.Watch(m.events, func() string { return child.AwaitEnd(c.Pid, c.Pidfd) }) },
		ended:     func(c *child.Child) bool { return child.HasEnded(c.Pidfd) },
		forward:   func(pid int) { go forward(m.inbox, pid) },
		pair:      control.Pair,
		close:     func(fd int) { unix.Close(fd) },
		lend:      func(fd int) (child.Channel, error) { return control.NewConn(fd) },
		counters:  stats.Open,
		faults:    faults.ReadOnly,
		board:     status.Open,
		release:   (*generation).close,
		sockets:   m.realSockets(),
		pidfile:   func() error { return m.pidfile.write(m.rights().yields) },
		listening: procfs.AllListening,
		orphans:   m.dismissOrphans,
	}
}

func (m *master) realSockets() socketCalls {
	return socketCalls{
		first:  m.openFirst,
		next:   m.openNext,
		own:    (*listen.Listener).Own,
		shut:   (*listen.Listener).Shut,
		free:   (*listen.Listener).Free,
		again:  (*listen.Listener).ListenAgain,
		close:  (*listen.Listener).Close,
		state:  stateOf,
		forget: (*listen.Listener).KeepPath,
	}
}
