// Package monitor is the one process of an instance that checks the servers. It writes their states on the board that all
// workers read. When it dies, traffic goes on with the last states, and the next monitor goes on from them.
//
// One goroutine, the loop, owns everything. Each check has a goroutine of its own, which only moves bytes and hands
// the outcome to the loop.
package monitor

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/dump"
	"lbmaster/shared/faults"
	"lbmaster/shared/oom"
	"lbmaster/shared/pump"
	"lbmaster/shared/signals"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/shared/threads"
	"lbmaster/worker/monitor/tally"
)

// ControlFD is the descriptor on which the monitor finds its control channel.
const ControlFD = 3

const (
	startTime  = 30 * time.Second // a master that has not said everything by then never will
	answerTime = time.Second      // for the master to take a message
	maxPending = 64               // messages that wait for it: one that takes none is hung or gone
)

// Env is what the monitor needs of the world.
type Env struct {
	Control int          // descriptor of the control channel; the monitor owns it
	Say     *pump.Writer // to standard error, for what the operator must know
}

// monitor is the process. All of it belongs to the loop.
type monitor struct {
	conn     *control.Conn
	report   func(Level, string)
	stderr   *pump.Writer // what report goes through
	config   *conf.Config
	board    *status.Board
	counters *stats.Stats

	backends  []*backend
	checked   []*target // in the order of the schedule
	schedule  *schedule // nil until Activate
	results   chan finished
	shortages shortages // what checks lack

	rows       []row // in the order in which they are told
	whole      row   // the instance
	scratch    stats.Counters
	children   map[place]control.Message // the last Child about each worker
	started    time.Time                 // of the generation
	master     int                       // process id
	generation int
	version    string
	failure    string // why the last generation that was tried did not come up; "": none has failed
	node       string
	files      uint64   // that may be open
	proc       *os.Root // of /proc; nil: there is none
	endpoints  []endpoint
	services   []service // those of the endpoints that are being served
	calls      chan func()
	// rendering is held by who turns a picture into text.
	rendering sync.Mutex

	faults map[place]*faults.Reader // what workers show of bad messages; nil: that cannot be read
	unread map[int]control.Message  // Faults that came without descriptors, by generation

	pending    []control.Message // found the channel full; in order
	complaints control.Complaints

	orders   chan order      // closed when the master is gone
	replaced <-chan struct{} // by another instance, when the master is gone
	orphan   *orphan         // nil: the master lives
	draining bool
	retired  bool            // another generation has taken over
	finished <-chan struct{} // retired: closed when no client is connected any more
	left     bool
	reason   string // why the loop ends
}

// Run is the life of the monitor. It returns when the master says so, or has been gone for long enough.
func Run(env Env) error {
	replaced := signals.Child(env.Control)
	dump.OnQuit(env.Say, os.Args[0])
	_ = oom.Offer() // else the kernel chooses by size alone
	threads.Reserve(threads.OfChild)
	unix.CloseOnExec(env.Control)
	if err := unix.SetNonblock(env.Control, true); err != nil {
		return fmt.Errorf("descriptor %d is no control channel: the monitor is started by the master only: %w", env.Control, err)
	}
	conn, err := control.NewConn(env.Control)
	if err != nil {
		return err
	}
	m := newMonitor(conn, newReporter(env.Say))
	m.replaced, m.stderr = replaced, env.Say
	if err := m.begin(); err != nil || m.left {
		return err
	}
	go m.listenToMaster()
	m.loop()
	return m.sayLast(control.Message{Kind: control.Bye, Reason: m.reason})
}

func newMonitor(conn *control.Conn, report func(Level, string)) *monitor {
	return &monitor{
		shortages: shortages{},
		faults:    make(map[place]*faults.Reader), unread: make(map[int]control.Message),
		conn: conn, report: report, whole: row{kind: tally.Frontend},
		results: make(chan finished), orders: make(chan order), calls: make(chan func()),
	}
}

// begin takes the conversation to the point where the monitor is ready.
func (m *monitor) begin() error {
	// Failing to show in top and pstree what the process is does no harm.
	_ = os.WriteFile("/proc/self/comm", []byte("lb-monitor"), 0)
	deadline := time.Now().Add(startTime)
	m.say(control.Message{Kind: control.Hello, Pid: unix.Getpid()})
	order, fds, err := m.hear(deadline)
	if err != nil {
		return fmt.Errorf("the master says nothing: %w", err)
	}
	if order.Kind == control.Stop || order.Kind == control.Retire {
		m.left = true
		return nil
	}
	if order.Kind != control.Start {
		control.CloseAll(fds)
		return fmt.Errorf("the master said %s instead of %s", order.Kind, control.Start)
	}
	identity := order.Identity
	if err := m.build(order, fds); err != nil {
		return err
	}
	if order, fds, err = m.hear(deadline); err != nil {
		return fmt.Errorf("the master says no more: %w", err)
	}
	if order.Kind != control.Listeners || len(order.Shards) != len(fds) {
		control.CloseAll(fds)
		return fmt.Errorf("the master said %s with %d sockets instead of %s", order.Kind, len(fds), control.Listeners)
	}
	if err := m.open(order.Shards, fds); err != nil {
		return err
	}
	if identity != nil {
		if err := identity.Settle(); err != nil {
			return err
		}
	}
	m.say(control.Message{Kind: control.Ready})
	return nil
}

// hear waits for a message until deadline, before there is a loop. What is not understood is reported, and passed over.
func (m *monitor) hear(deadline time.Time) (control.Message, []int, error) {
	for {
		order, fds, err := m.conn.Recv(deadline)
		if !errors.Is(err, control.ErrNotUnderstood) {
			return order, fds, err
		}
		m.complain(err)
	}
}

// say sends a message, later if the master is behind.
func (m *monitor) say(message control.Message) {
	if len(m.pending) >= maxPending {
		m.complain(errors.New("the master takes no messages: one is dropped"))
		return
	}
	m.pending = append(m.pending, message)
	if len(m.pending) == 1 {
		m.sendPending()
	}
}

// sendPending sends what is pending, as far as the master takes it.
func (m *monitor) sendPending() {
	for len(m.pending) > 0 {
		err := m.conn.TrySend(m.pending[0], nil)
		switch {
		case control.Behind(err):
			return
		case err != nil && !errors.Is(err, unix.EPIPE): // EPIPE: the end of the channel tells
			m.complain(fmt.Errorf("cannot tell the master: %w", err))
		}
		m.pending = m.pending[1:]
	}
}

// sayLast sends everything that is pending and a last message, outside the loop.
func (m *monitor) sayLast(message control.Message) error {
	deadline := time.Now().Add(answerTime)
	for _, pending := range append(m.pending, message) {
		if err := m.conn.Send(pending, nil, deadline); err != nil && !errors.Is(err, unix.EPIPE) {
			return fmt.Errorf("cannot tell the master: %w", err)
		}
	}
	return nil
}

func (m *monitor) complain(err error) {
	if text := m.complaints.About(err, time.Now()); text != "" {
		m.report(Warning, text)
	}
}

// order is a message of the master.
type order struct {
	control.Message
	fds []int
}

// listenToMaster hands the master's orders to the loop. Only the end of the channel means that there is no master any more: what
// is not understood is reported, and passed over. Only Faults come with descriptors.
func (m *monitor) listenToMaster() {
	var complaints control.Complaints
	for {
		message, fds, err := m.conn.Recv(time.Time{})
		if message.Kind != control.Faults {
			control.CloseAll(fds)
			fds = nil
		}
		switch {
		case err == nil, errors.Is(err, control.ErrNoRoom):
			m.orders <- order{message, fds}
			continue
		case errors.Is(err, io.EOF), errors.Is(err, os.ErrClosed):
			close(m.orders)
			return
		}
		if text := complaints.About(err, time.Now()); text != "" {
			m.report(Warning, text)
		}
		if !errors.Is(err, control.ErrNotUnderstood) {
			<-time.After(acceptAgain) // the kernel lacks memory
		}
	}
}

// loop is the one place that acts: on orders, on outcomes of checks, and on time.
func (m *monitor) loop() {
	timer, second := time.NewTimer(0), time.NewTicker(sampleTime)
	defer timer.Stop()
	defer second.Stop()
	m.sample(time.Now())
	for awake := time.Now(); !m.left; {
		act := func() {}
		select {
		case order, ok := <-m.orders:
			act = func() { m.obey(order, ok) }
		case f := <-m.results:
			act = func() { m.onFinished(f) }
		case act = <-m.calls:
		case <-second.C:
			act = func() {
				m.sample(time.Now())
				m.askForFaults()
				m.followOrphan(time.Now())
			}
		case <-m.replaced:
			act = func() {
				m.reason = "another instance has taken over"
				m.retire()
			}
		case <-timer.C:
		case <-m.finished:
			act = func() { m.left = true }
		}
		if time.Since(awake) > sampleTime+standstill {
			m.excuse()
		}
		act()
		awake = time.Now()
		m.launch(awake)
		timer.Reset(m.patience(awake))
	}
}

// obey carries out one order. Without one, the master is gone.
func (m *monitor) obey(order order, ok bool) {
	if !ok {
		m.loseMaster()
		return
	}
	switch order.Kind {
	case control.Activate:
		m.activate(time.Now())
	case control.Child:
		m.noteChild(order.Message)
	case control.Faults:
		m.takeFaults(order)
	case control.GenerationEnded:
		m.forgetFaults(order.Generation)
	case control.Drain:
		m.draining = true
	case control.Retire:
		m.retire()
	case control.Stop:
		m.reason, m.left = "stopped", true
	case control.Ping:
		m.say(control.Message{Kind: control.Pong})
	}
}

// activate begins to check.
func (m *monitor) activate(now time.Time) {
	if m.schedule != nil || m.retired {
		return
	}
	var every []time.Duration
	for _, t := range m.checked {
		every = append(every, t.conf.Inter)
	}
	m.schedule = newSchedule(every, now)
	m.serveEndpoints()
}

// patience is how long the loop may wait.
func (m *monitor) patience(now time.Time) time.Duration {
	if m.schedule == nil {
		return time.Hour
	}
	at, ok := m.schedule.next()
	if !ok {
		return time.Hour
	}
	return max(0, at.Sub(now))
}
