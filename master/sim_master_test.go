package master

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/master/child"
	"lbmaster/master/notify"
	"lbmaster/shared/signals"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
)

// simMaster is a process that runs a master.
type simMaster struct {
	w        *world
	pid      int
	parent   *simMaster // which has started it; nil: nobody of ours
	alive    bool
	booted   bool
	plan     plan // what becomes of it
	nextPlan plan // what becomes of the next one
	setting  *setting
	m        *master
	flip     *simFlip
	kernel   *child.Kernel
	signals  []signals.Arrival
	co       *coroutine // its upgrade; nil: none is under way
	begun    time.Time  // its last upgrade
	next     int        // to whom it forwards signals; 0: to nobody
	stays    bool       // it does not end, though another has taken over
	deaths   map[int]*simDeaths
}

// simDeaths is what the checker of back-offs knows of a slot.
type simDeaths struct {
	row int       // in a row
	all int       // ever
	at  time.Time // of the last one
}

// setting is a configuration.
type setting struct {
	config  *conf.Config
	workers int
}

// arena keeps what is slow to make from one world to the next.
type arena struct {
	settings []*setting
	free     map[int][]*memory // by number of workers
	used     []*memory
	byFD     map[int]*memory // by the descriptors of counters and board
}

func newArena() *arena {
	a := &arena{free: make(map[int][]*memory), byFD: make(map[int]*memory)}
	for workers := 1; workers <= 3; workers++ {
		for addresses := 1; addresses <= 3; addresses++ {
			for _, monitor := range []bool{false, true} {
				a.settings = append(a.settings, newSetting(workers, addresses, monitor))
			}
		}
	}
	return a
}

// newSetting has of three addresses those that are bits of addresses.
func newSetting(workers, addresses int, monitor bool) *setting {
	c := &conf.Config{Global: conf.Global{Workers: workers, MaxGenerations: 3, UpgradeTimeout: simUpgradeTime}}
	f := conf.Frontend{Name: "web", Section: "frontend.web", Mode: conf.ModeHTTP}
	for i := range 2 {
		if addresses&(1<<i) != 0 {
			f.Binds = append(f.Binds, conf.Bind{Network: "tcp", Addr: netip.MustParseAddr("192.0.2.1"), Port: 80 + i})
		}
	}
	c.Frontends = []conf.Frontend{f}
	if monitor {
		c.Admin.Socket = "/run/admin"
	}
	if workers == 2 {
		c.Global.HardStopAfter = simHardStop
	}
	return &setting{c, workers}
}

const (
	simUpgradeTime = time.Minute
	simHardStop    = 5 * time.Second
)

func (w *world) chooseSetting() *setting {
	return w.arena.settings[w.random.IntN(len(w.arena.settings))]
}

// memory is that of a generation. What was counted there in another world stays: only differences count.
func (a *arena) memory(s *setting) *memory {
	var m *memory
	if all := a.free[s.workers]; len(all) > 0 {
		m, a.free[s.workers] = all[len(all)-1], all[:len(all)-1]
	} else {
		var err error
		if m, err = share(s.config, s.workers, nil); err != nil {
			panic(err)
		}
		a.byFD[m.counters.FD()], a.byFD[m.board.FD()] = m, m
	}
	a.used = append(a.used, m)
	return m
}

// reset makes all memory free again.
func (a *arena) reset() {
	for _, m := range a.used {
		n := m.counters.Workers()
		a.free[n] = append(a.free[n], m)
	}
	a.used = a.used[:0]
}

// newMaster is a process that has just been started.
func (w *world) newMaster(parent *simMaster) *simMaster {
	p := &simMaster{w: w, pid: w.pid(), parent: parent, alive: true, setting: w.setting}
	p.flip = &simFlip{p: p, used: make(map[string]int, 16)}
	p.kernel = &child.Kernel{
		Now:    func() time.Time { return w.clock },
		Signal: func(pidfd int, s unix.Signal) error { w.byFD[pidfd].signal(s); return nil },
		Copy:   func(fd int) (int, error) { return fd, nil },
		Close:  func([]int) {},
	}
	w.masters = append(w.masters, p)
	return p
}

// left says that another master has taken over.
func (p *simMaster) left() bool { return p.m != nil && p.m.phase == replaced }

// boot makes a master as Run does, or fails as planned.
func (p *simMaster) boot() {
	p.booted = true
	switch p.plan {
	case planHangs:
		return
	case planSilent:
		p.exit("it ends at once")
		return
	}
	p.w.say("master %d begins", p.pid)
	m := &master{
		config: p.setting.config, log: slog.New(tap{p.w}), number: 1, began: p.w.clock, notifier: &notify.Notifier{}, replaced: &predecessors{},
	}
	p.m = m
	m.sys = p.system()
	err := m.succeedWith(p.flip.functions(), p.outside())
	if err == nil {
		err = m.open(p.setting.workers)
	}
	if err != nil {
		m.incoming.Explain(err)
		p.exit(err.Error())
		return
	}
	m.memory = p.w.arena.memory(p.setting)
	m.setUp(p.setting.workers)
	m.due = p.w.clock
	m.beat = m.due.Add(beatTime)
	p.step(func() {})
}

// step is what the reconciler does with each event.
func (p *simMaster) step(take func()) {
	rest := p.m.step(take)
	p.w.promise(rest > 0 || p.m.over(), "the reconciler of master %d spins: something is due for %v", p.pid, -rest)
	if !p.m.over() || p.left() {
		return
	}
	if p.m.failure != nil {
		p.m.incoming.Explain(p.m.failure)
	}
	p.exit(fmt.Sprintf("its work is done: %v", p.m.failure))
}

// exit ends the process, and with it its ends of all channels.
func (p *simMaster) exit(how string) {
	p.w.say("master %d ends: %s", p.pid, how)
	p.alive = false
	if p.co != nil {
		p.co.stop()
		p.co = nil
	}
}

// heard gives the reconciler an event of a child.
func (p *simMaster) heard(c *simChild, e child.Event) {
	if e.Message == nil {
		p.countDeath(c)
	}
	p.step(func() { p.m.onChild(e) })
	if e.Message == nil && c.generation == p.m.number {
		p.checkRest(c)
	}
}

// checkRest: a slot does not rest for longer than its deaths ask for, if all of them came soon.
func (p *simMaster) checkRest(c *simChild) {
	d := p.deaths[c.slot]
	if c.slot == monitorIndex || d == nil || d.row < d.all || p.m.slots[c.slot].state != resting {
		return
	}
	rest := min(100*time.Millisecond<<min(d.row-1, 20), 30*time.Second)
	due := p.m.slots[c.slot].due.Sub(p.w.clock)
	p.w.promise(due <= rest*6/5, "slot %d rests for %v, %d deaths in a row ask for %v", c.slot, due, d.row, rest)
}

// countDeath notes a death for checkBackoff.
func (p *simMaster) countDeath(c *simChild) {
	if c.generation != p.m.number {
		return
	}
	p.died(c.slot, p.w.clock.Sub(c.born) >= healthyTime)
}

func (p *simMaster) died(slot int, healthy bool) {
	if p.deaths == nil {
		p.deaths = make(map[int]*simDeaths)
	}
	d := p.deaths[slot]
	if d == nil {
		d = &simDeaths{}
		p.deaths[slot] = d
	}
	if healthy {
		d.row = 0
	}
	d.row++
	d.all++
	d.at = p.w.clock
}

// checkBackoff: a slot whose child has died rests for 100 ms, doubled with each death, at most 30 s, more or less a fifth.
func (p *simMaster) checkBackoff(slot int) {
	d := p.deaths[slot]
	if d == nil {
		return
	}
	rest := min(100*time.Millisecond<<min(d.row-1, 20), 30*time.Second)
	p.w.promise(p.w.clock.Sub(d.at) >= rest*4/5, "slot %d is started again after %v, %d deaths in a row ask for %v", slot, p.w.clock.Sub(d.at), d.row, rest)
}

// system is what this process can do.
func (p *simMaster) system() *system {
	w := p.w
	return &system{
		now:    func() time.Time { return w.clock },
		jitter: func() float64 { return 2*w.random.Float64() - 1 },
		aside: func(do func()) {
			p.begun = w.clock
			p.co = newCoroutine(do)
		},
		dump: func() {},
		kept: func() uint64 { return 0 },
		spawn: func(slot int) (*child.Child, error) {
			c, err := p.spawn(slot)
			if err != nil {
				p.died(slot, false)
			}
			return c, err
		},
		kernel:   p.kernel,
		watch:    p.watch,
		ended:    func(c *child.Child) bool { return w.byFD[c.Pidfd].state == simEnded },
		forward:  func(pid int) { p.next = pid },
		pair:     func() (int, int, error) { return w.id(), w.id(), nil },
		close:    func(int) {},
		lend:     p.lend,
		counters: func(fd int) (*stats.Stats, error) { return w.arena.byFD[fd].counters, nil },
		faults:   func(fd int) (int, error) { return fd, nil },
		board:    func(fd int) (*status.Board, error) { return w.arena.byFD[fd].board, nil },
		release:  func(*generation) error { return nil },
		sockets:  p.socketCalls(),
		pidfile: func() error {
			if p.plan == planPidfile {
				return errors.New("the pidfile cannot be written")
			}
			return nil
		},
		listening: w.listening,
		orphans:   func() {},
	}
}
