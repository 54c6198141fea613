package master

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/signals"
)

// world is a machine without a kernel: masters, children, sockets and a clock that a schedule moves. One seed makes one schedule, always
// the same. Masters are the code under test; everything else is a fake that keeps the semantics of what it stands for.
type world struct {
	random   *rand.Rand
	source   *rand.PCG
	clock    time.Time
	began    time.Time
	last     int // the last process id
	lastID   int // the last descriptor. They mean the same in all processes, and are never reused
	masters  []*simMaster
	children []*simChild
	byFD     map[int]*simChild // by control channel and pidfd
	sockets  map[int]*simSocket
	texts    map[int]string // what was sealed, and what was said
	arena    *arena
	setting  *setting // of the next master that starts
	faults   simFaults
	wishes   simWishes
	broken   []string // promises that were not kept
	tracing  bool
	trace    strings.Builder
	actions  []action // reused
}

// simFaults is what goes wrong from now on.
type simFaults struct {
	forks  int       // so many children more cannot be started
	next   plan      // of the next upgrade
	crash  time.Time // until then each worker dies when it has become active
	killed bool      // a master that served was killed: what was wished of it is lost
}

// simWishes is what the operator has asked for.
type simWishes struct {
	end     bool      // TERM, INT or USR1
	hard    bool      // TERM or INT
	paused  bool      // the last one of TTOU and TTIN was TTOU
	renew   time.Time // when a next generation was wished for last; zero: nothing is owed
	refused bool      // a master has said that there will be none
}

// plan is what becomes of an upgrade.
type plan uint8

const (
	planGood     plan = iota
	planNoRoom        // no process may be started
	planBadCheck      // the check says no
	planNoFork        // the program cannot be executed
	planNoWords       // no pipe
	planSilent        // it ends without a word
	planNoSocket      // it cannot open its sockets
	planHangs         // it never says anything
	planNotReady      // its workers never become ready
	planPidfile       // it cannot write its pidfile
	planDies          // it is killed when its workers are ready
	plans
)

func (p plan) String() string {
	return [...]string{
		"good", "no room", "the check fails", "the program cannot be started", "no pipe", "it ends at once", "it cannot listen", "it hangs",
		"its workers hang", "no pidfile", "it is killed",
	}[p]
}

// newWorld is an empty one.
func newWorld(a *arena, seed uint64, tracing bool) *world {
	source := rand.NewPCG(seed, 0x1b)
	w := &world{
		random: rand.New(source), source: source, clock: time.Unix(1_000_000, 0), byFD: make(map[int]*simChild, 32), sockets: make(map[int]*simSocket, 16),
		texts: make(map[int]string, 8), arena: a, tracing: tracing, lastID: 1 << 20, last: 100,
	}
	w.began = w.clock
	w.setting = w.chooseSetting()
	return w
}

// end gives back what a world has used.
func (w *world) end() {
	for _, p := range w.masters {
		if p.co != nil {
			p.co.stop()
		}
	}
	w.arena.reset()
}

func (w *world) id() int {
	w.lastID++
	return w.lastID
}

func (w *world) pid() int {
	w.last++
	return w.last
}

// chance says yes once in n times.
func (w *world) chance(n int) bool { return w.random.IntN(n) == 0 }

// say notes what happens, for whoever reads the schedule.
func (w *world) say(format string, args ...any) {
	if w.tracing {
		fmt.Fprintf(&w.trace, "%10s  %s\n", w.clock.Sub(w.began), fmt.Sprintf(format, args...))
	}
}

// promise notes a promise that was not kept.
func (w *world) promise(kept bool, format string, args ...any) {
	if !kept {
		text := fmt.Sprintf(format, args...)
		w.broken = append(w.broken, text)
		w.say("BROKEN: %s", text)
	}
}

// current is the master that the operator speaks to: the last one that serves, once the one before has no wish to pass on. Wishes that
// are made of two masters at the same time have no order.
func (w *world) current() *simMaster {
	for _, p := range slices.Backward(w.masters) {
		if p.alive && p.flip.ready && (p.parent == nil || !p.parent.alive || p.parent.left() && len(p.parent.signals) == 0) {
			return p
		}
	}
	for _, p := range w.masters {
		if p.alive {
			return p
		}
	}
	return nil
}

// wish sends a signal as the operator does.
func (w *world) wish(s unix.Signal) {
	p := w.current()
	if p == nil {
		return
	}
	w.clock = w.clock.Add(2 * time.Millisecond) // signals within togetherTime have no order
	w.say("operator: %v to %d", unix.SignalName(s), p.pid)
	switch s {
	case unix.SIGTERM, unix.SIGINT:
		w.wishes.end, w.wishes.hard = true, true
	case unix.SIGUSR1:
		w.wishes.end = true
	case unix.SIGTTOU, unix.SIGTTIN:
		w.wishes.paused = s == unix.SIGTTOU
	case unix.SIGUSR2, unix.SIGHUP:
		w.wishes.renew, w.wishes.refused = w.clock, false
	}
	p.signal(s)
}

// kill sends a signal to a process by its id.
func (w *world) kill(pid int, s unix.Signal) {
	for _, p := range w.masters {
		if p.pid == pid && p.alive {
			p.signal(s)
		}
	}
}

// signal keeps a signal until it is taken, one of each kind, as signals.Inbox does.
func (p *simMaster) signal(s unix.Signal) {
	p.signals = slices.DeleteFunc(p.signals, func(a signals.Arrival) bool { return a.Signal == s })
	p.signals = append(p.signals, signals.Arrival{Signal: s, At: p.w.clock})
}

// coroutine is something that waits beside a reconciler.
type coroutine struct {
	resume func() (waiting, bool)
	stop   func()
	yield  func(waiting) bool
	wait   waiting
}

// waiting is what a coroutine waits for: something, or a moment.
type waiting struct {
	until func() bool
	at    time.Time // zero: none
}

func newCoroutine(do func()) *coroutine {
	co := &coroutine{}
	co.resume, co.stop = iter.Pull(func(yield func(waiting) bool) {
		co.yield = yield
		do()
	})
	return co
}

// ready says that it can go on.
func (co *coroutine) ready(now time.Time) bool {
	return co.wait.until == nil && co.wait.at.IsZero() || !co.wait.at.IsZero() && !now.Before(co.wait.at) || co.wait.until != nil && co.wait.until()
}

// await waits, within the coroutine of p.
func (p *simMaster) await(limit time.Duration, until func() bool) {
	if p.co == nil {
		return
	}
	for !until() {
		at := p.w.clock.Add(limit)
		if !p.co.yield(waiting{until, at}) || !p.w.clock.Before(at) {
			return
		}
	}
}

// tap hears what masters log.
type tap struct{ w *world }

func (t tap) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn || t.w.tracing }

func (t tap) Handle(_ context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "no next generation") {
		t.w.wishes.refused = true
	}
	if t.w.tracing {
		var details []string
		r.Attrs(func(a slog.Attr) bool {
			details = append(details, a.String())
			return true
		})
		t.w.say("    %s %s", r.Message, strings.Join(details, " "))
	}
	return nil
}

func (t tap) WithAttrs([]slog.Attr) slog.Handler { return t }
func (t tap) WithGroup(string) slog.Handler      { return t }
