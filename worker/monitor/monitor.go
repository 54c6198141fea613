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

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/faults"
	"lbmaster/shared/pump"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/worker/channel"
	"lbmaster/worker/monitor/tally"
)

// ControlFD is the descriptor on which the monitor finds its control channel.
const ControlFD = 3

// Env is what the monitor needs of the world.
type Env struct {
	Control int          // descriptor of the control channel; the monitor owns it
	Say     *pump.Writer // to standard error, for what the operator must know
}

// monitor is the process. All of it belongs to the loop.
type monitor struct {
	channel  *channel.Channel
	conn     *control.Conn       // the same, for who listens beside the loop
	report   func(Level, string) // for the loop
	stderr   *pump.Writer        // what report goes through
	logs     *logs               // and where else; nil: not known yet
	config   *conf.Config
	board    *status.Board
	counters *stats.Stats

	backends  []*backend
	checked   []*target // in the order of the schedule
	schedule  *schedule // nil until Activate
	results   chan finished
	shortages shortages // what checks lack

	rows       []row                     // in the order in which they are told
	whole      row                       // the instance
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
	replaced, err := channel.Begin(env.Control, env.Say)
	if err != nil {
		return err
	}
	m := newMonitor(env.Control, newReporter(env.Say))
	m.replaced, m.stderr = replaced, env.Say
	if err := m.begin(); err != nil || m.left {
		return err
	}
	if m.conn, err = control.NewConn(env.Control); err != nil {
		return err
	}
	m.channel.After = m.after
	go m.listenToMaster()
	m.loop()
	return m.channel.Last(control.Message{Kind: control.Bye, Reason: m.reason})
}

func newMonitor(fd int, report func(Level, string)) *monitor {
	m := &monitor{
		shortages: shortages{},
		faults:    make(map[place]*faults.Reader), unread: make(map[int]control.Message),
		report: report, whole: row{kind: tally.Frontend},
		results: make(chan finished), orders: make(chan order), calls: make(chan func()),
	}
	m.channel = channel.New(fd, func(text string) { m.report(Warning, text) })
	return m
}

// after calls f on the loop when d has passed.
func (m *monitor) after(d time.Duration, f func()) {
	time.AfterFunc(d, func() { m.calls <- f })
}

// begin takes the conversation to the point where the monitor is ready.
func (m *monitor) begin() error {
	channel.Name("lb-monitor")
	deadline := time.Now().Add(channel.StartTime)
	if err := m.channel.Greet(); err != nil {
		return err
	}
	order, fds, err := m.channel.Hear(deadline)
	if err != nil {
		return err
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
	if order, fds, err = m.channel.Expect(control.Listeners, deadline); err != nil {
		return err
	}
	if len(order.Shards) != len(fds) {
		control.CloseAll(fds)
		return fmt.Errorf("%d sockets came for %d", len(fds), len(order.Shards))
	}
	if err := m.open(order.Shards, fds); err != nil {
		return err
	}
	if identity != nil {
		if err := identity.Settle(); err != nil {
			return err
		}
	}
	m.channel.Ready()
	return nil
}

// order is a message of the master.
type order struct {
	control.Message
	fds []int
}

// listenToMaster hands the master's orders to the loop. Only the end of the channel means that there is no master any more: what
// is not understood is reported, and passed over. Only Faults and Logs come with descriptors.
func (m *monitor) listenToMaster() {
	var complaints control.Complaints
	for {
		message, fds, err := m.conn.Recv(time.Time{})
		if message.Kind != control.Faults && message.Kind != control.Logs {
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
			m.calls <- func() { m.report(Warning, text) }
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
				m.logs.mend(time.Now())
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
	case control.Logs:
		m.logs.reopened(order.fds, time.Now())
	case control.GenerationEnded:
		m.forgetFaults(order.Generation)
	case control.Drain:
		m.draining = true
	case control.Retire:
		m.retire()
	case control.Stop:
		m.reason, m.left = "stopped", true
	case control.Ping:
		m.channel.Say(control.Message{Kind: control.Pong})
	}
}

// activate begins to check.
func (m *monitor) activate(now time.Time) {
	if m.schedule != nil || m.retired {
		return
	}
	var every []time.Duration
	for _, t := range m.checked {
		every = append(every, t.interval())
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
