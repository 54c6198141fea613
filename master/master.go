// Package master is the supervisor: it opens the listening sockets, starts the workers, watches and replaces them, and
// reads the signals. It never reads a byte that a client or a server sent.
//
//	master                  what a master is made of
//	system                  what it does outside of itself, which tests replace
//	needs                   whether there is room for all processes
//	reconcile               the one place that acts: on wishes, on what happens to children, on time
//	quit                    what the processes are doing, on SIGQUIT
//	outgoing                the next master is started, and takes over
//	children                what happens to children, whatever they are
//	monitor                 the child that checks the servers
//	up, incoming            the instance begins to serve, and follows the old master
//	fact                    what the monitor is told of other children
//	again                   what a child had no room for
//	workers                 workers are told what to do, and replaced
//	breaker, pause          when nobody is let in
//	stop                    how an instance ends
//	adopt, drain, widen     older generations finish, and addresses that they have otherwise
//	takeover                orphans of a master that has died
//	handover                what the next master gets
//	prepare, resolve        what the configuration names is looked up
//	profile                 profiles of workers, for the monitor
//	files                   limits of descriptors
//	standstill              time that nobody has seen
//	memory, faults, layout  what processes share
//	open                    the listening sockets
//	logs                    sockets of log targets
//	admin, inuse            the sockets of the runtime interfaces, and who has them
//	inherited               sockets that the old master has handed over
//	predecessor             instances that are replaced
//	spawn                   a child is started
//	slot                    the place of a worker
//	generations             older generations
//	generation              one of them
//	pidfile, signal         the file, and the signals that are wishes
//	health                  what the service manager is told
package master

import (
	"errors"
	"io"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"lbmaster/conf"
	"lbmaster/master/child"
	"lbmaster/master/identity"
	"lbmaster/master/listen"
	"lbmaster/master/notice"
	"lbmaster/master/notify"
	"lbmaster/master/succession"
	"lbmaster/shared/environ"
	"lbmaster/shared/privileges"
	"lbmaster/shared/pump"
	"lbmaster/shared/signals"
	"lbmaster/shared/threads"
)

// Env is what the master needs of the world.
type Env struct {
	Stdout  io.Writer    // of the workers, for logs
	Stderr  io.Writer    // also that of the workers
	Say     *pump.Writer // to Stderr: the master waits for nobody who reads there
	Environ []string
	Version string // of the program
	Log     *slog.Logger
	Replace Predecessors
	Up      func() error // called when the instance serves; with an error it ends. nil: nobody waits for it
}

// ErrInterrupted is the outcome of a stop by SIGINT.
var ErrInterrupted = errors.New("interrupted")

// master is the instance. All of it belongs to the reconciler.
type master struct {
	env       Env
	sys       *system
	order     sequence
	due       time.Time // when act has something to do again
	log       *slog.Logger
	config    *conf.Config
	listeners []*listen.Listener
	memory    *memory
	deafLogs  map[conf.LogTarget]bool // log targets that could not be opened, and were reported
	lostLogs  atomic.Uint64           // lines of ours that a log target did not take, not counted yet
	number    int                     // of this generation
	incoming  incoming
	outgoing  outgoing
	old       generations     // those that we have adopted, likewise
	older     map[string]bool // sockets on which older generations may still listen, as /proc/PID/fd shows them
	slots     []*slot
	monitor   *slot              // nil: there is nothing for one to do
	admin     []*listen.Listener // the monitor's
	known     map[childID]fact   // what the monitor knows of the children
	began     time.Time
	inbox     *signals.Inbox
	events    chan child.Event
	phase     phase
	pause     pause
	breaker   breaker
	identity  privileges.Identity // of the children
	notifier  *notify.Notifier
	pidfile   pidfile
	replaced  *predecessors
	failure   error     // why the instance ends, if not by wish
	deadline  time.Time // of the phase; zero: none
	beat      time.Time // when the next Ping is due
	waits     bool      // a message waits for a child that is behind
}

// Run runs an instance with a checked configuration until a signal ends it. An error means that it did not come up, or
// ErrInterrupted. Signals are watched until the process has ended: one that is sent twice, or passed on by a master that leaves while the
// service manager sends it to all, must not kill a master that has stopped already.
func Run(env Env, config *conf.Config) error {
	inbox := watchSignals() // before there is anything that a signal could leave behind
	m := &master{env: env, config: config, inbox: inbox, events: make(chan child.Event, 64), deafLogs: make(map[conf.LogTarget]bool), number: 1, began: time.Now()}
	m.sys = m.outside()
	var err error
	if m.log, err = notice.AlsoTo(env.Log, config, &m.lostLogs); err != nil {
		return err
	}
	child.KeepFromChildren()
	m.replaced = findPredecessors(env.Replace, m.log)
	defer m.replaced.restore() // when our sockets are closed
	if m.notifier, err = notify.New(env.Environ, Successor(env.Environ)); err != nil {
		m.log.Warn("no service manager will hear of this instance", "error", err)
	}
	defer m.notifier.Close()
	err = m.run(inbox)
	if err != nil {
		m.incoming.Explain(err)
	}
	if err != nil && err != ErrInterrupted {
		m.notifier.Stopping(err.Error())
	}
	return err
}

// Successor says that another generation has started this process, which is what it runs as, and knows, already.
func Successor(vars []string) bool {
	return environ.Of(vars, "TABLEFLIP_HAS_PARENT_7DIU3") != ""
}

// run is Run once there is somebody to tell about it.
func (m *master) run(inbox *signals.Inbox) error {
	config := m.config
	var err error
	if err := m.succeed(); err != nil {
		return err
	}
	if m.identity, err = prepare(config); err != nil {
		return err
	}
	if m.identity, err = identity.Permitted(m.identity); err != nil {
		return err
	}
	workers := workerCount(config)
	runtime.GOMAXPROCS(processors())
	threads.Reserve(threads.OfMaster(workers, processors()))
	m.raiseFiles(workers)
	m.identity.LowPorts = identity.BindsLowPorts(config)
	m.pidfile = pidfile(config.Global.Pidfile)
	if err := m.pidfile.free(m.rights().yields); err != nil {
		return err
	}
	defer m.closeSockets()
	if err := m.open(workers); err != nil {
		return err
	}
	if len(m.listeners) == 0 {
		return errors.New("no section has an address to listen on that is in effect: nothing to do")
	}
	if m.memory, err = share(config, workers, m.incoming.boardBefore()); err != nil {
		return err
	}
	defer m.memory.close()
	m.setUp(workers)
	defer m.pidfile.remove()
	return m.reconcile(inbox)
}

// setUp makes the places of the children.
func (m *master) setUp(workers int) {
	for i := range workers {
		m.slots = append(m.slots, &slot{index: i, borrower: nobody})
	}
	m.monitor = newMonitor(m.config)
}

// open gets the listening sockets: from the generation before, if there is one, or new ones.
func (m *master) open(workers int) error {
	if !m.incoming.Succeeds() {
		return m.sys.sockets.first(workers)
	}
	s, err := m.incoming.State()
	if err != nil {
		return err
	}
	if err := m.incoming.takeOver(s); err != nil {
		return err
	}
	m.number = m.incoming.generations.newest().number + 1
	m.older = m.incoming.sockets.sockets
	return m.sys.sockets.next(workers)
}

// closeSockets closes all of them. What stands for them in the file system stays when another master has taken over.
func (m *master) closeSockets() {
	for _, l := range m.sockets() {
		m.sys.sockets.close(l)
	}
}

// succeed makes both sides of the succession: this master takes over from one, and leaves when another takes over.
func (m *master) succeed() error {
	flip, err := succession.Tableflip(m.config.Global.UpgradeTimeout)
	if err != nil {
		return err
	}
	return m.succeedWith(flip, succession.RealWorld(child.Environ(m.env.Environ)))
}

func (m *master) succeedWith(flip *succession.Flip, world *succession.World) (err error) {
	m.outgoing = outgoing{Outgoing: succession.NewOutgoing(flip, world), done: make(chan succession.Outcome, 1)}
	m.incoming.log, m.incoming.sys = m.log, m.sys
	m.incoming.Incoming, err = succession.NewIncoming(flip, world)
	return err
}
