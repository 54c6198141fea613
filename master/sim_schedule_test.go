package master

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// action is something that may happen next: one step of one process. What may happen at the same time happens in any order.
type action struct {
	do func(p *simMaster, c *simChild)
	p  *simMaster
	c  *simChild
}

// possible is everything that may happen without time passing.
func (w *world) possible() []action {
	w.actions = w.actions[:0]
	add := func(do func(*simMaster, *simChild), p *simMaster, c *simChild) {
		w.actions = append(w.actions, action{do, p, c})
	}
	for _, p := range w.masters {
		switch {
		case !p.alive:
			continue
		case p.left() && len(p.signals) > 0:
			add(doForward, p, nil)
		case p.left() && p.stays:
		case p.left():
			add(doExit, p, nil)
		case !p.booted:
			add(doBoot, p, nil)
		case p.m == nil: // it hangs
		default:
			if len(p.signals) > 0 {
				add(doSignals, p, nil)
			}
			if len(p.m.outgoing.done) > 0 {
				add(doOutcome, p, nil)
			}
			if !w.clock.Before(p.m.due) {
				add(doTurn, p, nil)
			}
			if p.co != nil && p.co.ready(w.clock) {
				add(doResume, p, nil)
			}
		}
	}
	for _, c := range w.children {
		if c.news() {
			add(doTell, nil, c)
		}
		if c.state == simEnded || c.hung {
			continue
		}
		if len(c.inbox) > 0 && !c.deaf {
			add(doRead, nil, c)
		}
		if c.late() {
			add(doGiveUp, nil, c)
		}
		if c.state == simDrains && !c.endless {
			add(doLeave, nil, c)
		}
		if !c.orphan && c.abandoned() && (len(c.inbox) == 0 || c.deaf) {
			add(doLose, nil, c)
		}
	}
	return w.actions
}

func doTell(_ *simMaster, c *simChild)   { c.tell() }
func doRead(_ *simMaster, c *simChild)   { c.read() }
func doLeave(_ *simMaster, c *simChild)  { c.leave() }
func doGiveUp(_ *simMaster, c *simChild) { c.end("exit status 1") }
func doLose(_ *simMaster, c *simChild)   { c.lose() }
func doBoot(p *simMaster, _ *simChild)   { p.boot() }
func doExit(p *simMaster, _ *simChild)   { p.exit("another has taken over") }
func doTurn(p *simMaster, _ *simChild)   { p.step(func() {}) }

func doSignals(p *simMaster, _ *simChild) {
	all := p.signals
	p.signals = nil
	p.step(func() { p.m.onSignals(all) })
}

func doForward(p *simMaster, _ *simChild) {
	for _, a := range stillMeant(p.signals) {
		p.w.kill(p.next, a.Signal.(unix.Signal))
	}
	p.signals = nil
}

func doOutcome(p *simMaster, _ *simChild) {
	p.step(func() { p.m.onRenewal(<-p.m.outgoing.done) })
}

// doResume goes on with an upgrade until it waits again.
func doResume(p *simMaster, _ *simChild) {
	co := p.co
	wait, more := co.resume()
	co.wait = wait
	if !more && p.co == co {
		p.co = nil
	}
}

// step does one of the things that may happen; pick chooses. It says whether there was one.
func (w *world) step(pick func(n int) int) bool {
	all := w.possible()
	if len(all) == 0 {
		return false
	}
	a := all[pick(len(all))]
	a.do(a.p, a.c)
	for _, p := range w.masters {
		if p.alive && p.plan == planDies && p.m != nil && !p.flip.ready && p.m.slots[0].state == ready {
			p.exit("signal: killed")
		}
	}
	return true
}

// tick lets time pass until somebody waits for nothing but that moment.
func (w *world) tick() {
	var next time.Time
	sooner := func(at time.Time) {
		if !at.IsZero() && at.After(w.clock) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	for _, p := range w.masters {
		if p.alive && p.m != nil && !p.left() {
			sooner(p.m.due)
		}
		if p.alive && p.co != nil {
			sooner(p.co.wait.at)
		}
	}
	for _, c := range w.children {
		if c.state < simIdle && !c.hung {
			sooner(c.born.Add(simStartTime))
		}
	}
	if !next.IsZero() {
		w.clock = next
	}
}

// disturb is something that happens from outside.
func (w *world) disturb() {
	switch n := w.random.IntN(40); {
	case n < 8:
		w.chooseFaults()
		w.wish(unix.SIGUSR2)
	case n < 11:
		w.chooseFaults()
		w.wish(unix.SIGHUP)
	case n < 15:
		w.wish(unix.SIGTTOU)
	case n < 20:
		w.wish(unix.SIGTTIN)
	case n < 22:
		w.wish(unix.SIGQUIT)
	case n == 22:
		w.wish(unix.SIGUSR1)
	case n == 23:
		w.wish([]unix.Signal{unix.SIGTERM, unix.SIGINT}[w.random.IntN(2)])
	case n < 29:
		w.harm("is killed", func(c *simChild) { c.signal(unix.SIGKILL) })
	case n < 31:
		w.harm("hangs", func(c *simChild) { c.hung, c.stubborn = true, w.chance(2) })
	case n == 31:
		w.harm("does not read any more", func(c *simChild) { c.deaf = true })
	case n == 32:
		w.harm("has a session that does not end", func(c *simChild) { c.endless = true })
	case n == 33:
		w.faults.forks = 1 + w.random.IntN(4)
		w.say("%d forks will fail", w.faults.forks)
	case n == 34:
		w.faults.crash = w.clock.Add(time.Duration(w.random.IntN(5000)) * time.Millisecond)
		w.say("workers crash until %v", w.faults.crash.Sub(w.began))
	case n == 35 && w.chance(4):
		w.killMaster()
	case n < 38:
		w.clock = w.clock.Add(time.Duration(w.random.IntN(15_000)) * time.Millisecond)
		w.say("time passes, and nobody runs")
	default:
		w.pass(time.Duration(w.random.IntN(70_000)) * time.Millisecond)
	}
}

func (w *world) chooseFaults() {
	if w.chance(2) {
		w.faults.next = plan(w.random.IntN(int(plans)))
	}
}

// harm does something to one of the living children.
func (w *world) harm(how string, do func(*simChild)) {
	n := 0
	var victim *simChild
	for _, c := range w.children {
		if c.state != simEnded {
			if n++; w.chance(n) {
				victim = c
			}
		}
	}
	if victim != nil {
		w.say("%v %s", victim, how)
		do(victim)
	}
}

// killMaster kills one of the masters.
func (w *world) killMaster() {
	p := w.masters[w.random.IntN(len(w.masters))]
	if p.alive {
		w.faults.killed = w.faults.killed || p.flip.ready || p.parent == nil
		p.exit("signal: killed")
	}
}

// pass lets time pass, in which everybody runs as soon as possible.
func (w *world) pass(d time.Duration) {
	until := w.clock.Add(d)
	for range 100 {
		for len(w.broken) == 0 && w.step(inOrder) {
		}
		w.checkLent()
		if w.tick(); !w.clock.Before(until) {
			return
		}
	}
}

// schedule is a life of an instance: disturbances, and between them some of what follows from them, in any order.
func (w *world) schedule(disturbances int) {
	w.newMaster(nil)
	for range disturbances {
		for range w.random.IntN(40) {
			if !w.step(w.random.IntN) || w.chance(30) {
				w.tick()
			}
		}
		w.disturb()
	}
	w.calm()
	w.check()
}

// calmTime is how long an instance may take to come to rest: some back-offs, hangs and upgrades that time out.
const calmTime = 10 * time.Minute

// calm lets everything happen that follows, until nothing more does.
func (w *world) calm() {
	w.say("calm")
	w.faults = simFaults{killed: w.faults.killed}
	limit := w.clock.Add(calmTime)
	for range 20_000 {
		w.endForgotten()
		if w.step(inOrder) {
			continue
		}
		w.checkLent()
		if w.restful() {
			return
		}
		if w.clock.After(limit) {
			break
		}
		for _, c := range w.children {
			c.endless = c.endless && w.hasHardStop()
		}
		before := w.clock
		if w.tick(); w.clock.Equal(before) {
			break
		}
	}
	w.promise(false, "it does not come to rest: %s", w.unrest())
}

// endForgotten ends programs that hang, and whose parent cannot end them any more.
func (w *world) endForgotten() {
	for _, p := range w.masters {
		if p.alive && p.booted && p.m == nil && !p.parent.alive {
			p.exit("the operator ends it")
		}
	}
}

// hasHardStop says that a master ends what does not end.
func (w *world) hasHardStop() bool {
	p := w.current()
	return p != nil && p.m != nil && p.m.config.Global.HardStopAfter > 0
}

// restful says that nothing will change any more.
func (w *world) restful() bool { return w.unrest() == "" }

// unrest is what is still going on.
func (w *world) unrest() string {
	for _, p := range w.masters {
		if !p.alive {
			continue
		}
		if p.m == nil || p.co != nil || p.m.phase != running || p.m.outgoing.Upgrading() || len(p.m.old) > 0 || p.m.pause.state == emptying || p.m.breaker.state != closed {
			return fmt.Sprintf("master %d", p.pid)
		}
		for _, s := range p.m.slots {
			if s.state != active {
				return fmt.Sprintf("worker %d of master %d is %v", s.index, p.pid, s.state)
			}
		}
		if p.m.monitor != nil && p.m.monitor.state != active {
			return fmt.Sprintf("the monitor of master %d is %v", p.pid, p.m.monitor.state)
		}
		for _, s := range p.m.slots {
			if c := w.byFD[s.child.Pidfd]; c.hung || c.deaf {
				return fmt.Sprintf("%v hangs", c)
			}
		}
	}
	return ""
}
