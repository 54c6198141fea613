// Package proxy is the data plane of a worker: it accepts clients, keeps their connections, and runs their exchanges on one event loop.
//
// A loop turn first takes all events and receives what has come, and only then lets the sessions which got something
// act and send: on a busy machine that costs less than doing one connection after the other. Nothing on the path of a
// request allocates, locks, logs or waits.
//
//	proxy             what it is made of
//	loop              what happens, and who acts on that
//	handover          the next generation accepts now, and goes on with idle connections
//	mode              what becomes of new connections, and of those that are there
//	accept            clients are let in
//	predecessor       connections of the generation before
//	markeddown        sessions of servers that are down
//	run               a session acts
//	successor         a session goes to the next generation
//	transit           sessions on their way there
//	timeout           how long a session waits
//	assure            clients that only look whether we are alive
//	linger, flush     how a connection ends, so that nothing is lost that has been sent
//	session, state    the life of a client connection
//	limit             how many clients there may be
//	peergeneration    those of other generations
//	listener          the open socket of a bind
//	frontend          what a frontend needs of the configuration
//	forward           how servers are told who the client is
//	memory, reserve   what goes back after a peak; descriptors that clients cannot take
//	report            lines for the operator
//
// What a session does with a request is in worker/exchange, the servers in worker/upstream, sockets and bytes in worker/flow.
package proxy

import (
	"errors"
	"io"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/counter"
	"lbmaster/shared/faults"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
	"lbmaster/worker/exchange/http"
	"lbmaster/worker/exchange/relay"
	"lbmaster/worker/flow"
	"lbmaster/worker/loop"
	"lbmaster/worker/poll"
	"lbmaster/worker/sock"
	"lbmaster/worker/upstream"
)

// Params is what a proxy is made of.
type Params struct {
	Loop       *loop.Loop // nil: one of its own; the proxy closes it in any case
	Config     *conf.Config
	Generation int                  // of the instance
	Slot       int                  // number of this worker, and of its slab of counters
	Stats      *stats.Stats         // row 0: the worker; then the frontends; then each backend, followed by its servers
	Board      *status.Board        // the servers, in the order of the backends
	Wake       int                  // an eventfd that all workers share, written when a reservation below maxconn becomes free
	Faults     *faults.Memory       // a place for each frontend, then one for each backend; nil: nobody wants to know
	Logs       []int                // sockets for the log targets that need one, in the order of Config.LogTargets
	Files      map[string]io.Writer // "stdout" and "stderr"
	Reopen     func()               // asks for other Logs, which come with SetLogs
	Report     func(string)         // takes a line for the operator and never blocks; nil drops it
}

// Proxy is the data plane of one worker. All its methods belong to the goroutine that calls Run.
type Proxy struct {
	loop      *loop.Loop
	kinds     kinds
	mode      mode
	accepting bool // the mode wants the listeners polled
	worker    *exchange.Worker
	http      http.Pool
	relay     relay.Pool

	frontends []*frontend // by index in the configuration; nil: not started
	backends  []*upstream.Backend
	listeners loop.Table[listener]
	sessions  loop.Table[session]

	stats               *stats.Stats
	counters            *stats.Counters
	gauges              *stats.Gauges
	board               *status.Board
	maxconn             int64
	wake                int
	peer                sock.Peer  // of the connection that is being accepted
	channels            []int      // over which older generations send connections
	offering            bool       // connections will be offered to the successor again
	successor           *successor // nil: idle connections end when their frontend leaves
	generation          int
	peerGenerations     []peerGeneration // other generations whose sessions are not over, the oldest first
	awaitingReservation bool             // awaitReservation will try again
	starved             bool             // no descriptor was left; the listeners are blocked
	shortageReported    bool             // and there have not been enough descriptors since
	reporter            func(string)
	spare               sock.Reserve // for what the master sends
	crowded             bool         // connections of older generations wait for room in the channels
	retrying            bool         // and will be received again
	complaints          control.Complaints
}

// New makes the runtime objects of a configuration.
func New(params Params) (*Proxy, error) {
	l := params.Loop
	if l == nil {
		var err error
		if l, err = loop.New(); err != nil {
			return nil, err
		}
	}
	p := &Proxy{
		loop:       l,
		stats:      params.Stats,
		counters:   params.Stats.Counters(params.Slot, exchange.Row),
		gauges:     params.Stats.Gauges(params.Slot, exchange.Row),
		board:      params.Board,
		maxconn:    int64(params.Config.Global.Maxconn),
		generation: params.Generation,
		wake:       params.Wake,
		reporter:   params.Report,
	}
	p.handleKinds()
	pools := flow.NewPools()
	p.worker = &exchange.Worker{
		Loop: l, Pools: pools, Upstream: upstream.NewPool(l, pools), Stats: p.stats, WorkerCounters: p.counters, Faults: params.Faults,
	}
	var err error
	p.worker.Logs, err = accesslog.NewWriter(params.Config, params.Files, l, &p.counters[counter.LogsDropped], params.Reopen)
	p.SetLogs(params.Logs)
	if err == nil {
		err = p.build(params.Config, params.Slot)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	p.loop.Poll(p.wake, poll.Once, loop.Token(p.kinds.wake, 0, 0))
	p.loop.After(shrinkTime, p.shrink)
	p.watchServers()
	return p, nil
}

// build is the one place where inert configuration becomes runtime objects.
func (p *Proxy) build(c *conf.Config, slot int) error {
	byName := make(map[string]*upstream.Backend)
	row, first := 1+len(c.Frontends), 0
	for i := range c.Backends {
		b, err := upstream.NewBackend(&c.Backends[i], row, first, slot, p.stats, p.board)
		if err != nil {
			return err
		}
		b.Place = len(c.Frontends) + i
		p.worker.Upstream.Add(b)
		p.backends = append(p.backends, b)
		byName[b.Name] = b
		row += 1 + len(b.Servers)
		first += len(b.Servers)
	}
	for i := range c.Frontends {
		var f *frontend
		if back := byName[c.Frontends[i].Backend]; back != nil || c.Frontends[i].Mode == conf.ModeHealth {
			f = newFrontend(&c.Frontends[i], c.MaxconnOf(i), i, slot, back, p.stats)
			var err error
			if f.Log, err = p.worker.Logs.NewLog(c, &c.Frontends[i]); err != nil {
				return err
			}
		}
		p.frontends = append(p.frontends, f)
	}
	return nil
}

// BoundPipes bounds the pipes of this worker, when so many descriptors are free.
func (p *Proxy) BoundPipes(free int) { p.worker.Pools.BoundPipes(free, p.maxconn) }

// SetLogs replaces the sockets of those log targets that are neither stdout nor stderr, in the order of the configuration. It takes
// ownership.
func (p *Proxy) SetLogs(sockets []int) { p.worker.Logs.SetSockets(sockets) }

// Notice sends a line to the log targets of the instance that are sockets.
func (p *Proxy) Notice(text string) { p.worker.Logs.Notice(text) }
