package master

import (
	"errors"
	"fmt"
	"time"

	"lbmaster/master/succession"
)

// simFlip is tableflip in one process.
type simFlip struct {
	p         *simMaster
	inherited map[string]int
	used      map[string]int
	ready     bool
	stopped   bool
	upgraded  bool
}

func (f *simFlip) functions() *succession.Flip {
	return &succession.Flip{
		HasParent: func() bool { return f.p.parent != nil },
		Take:      f.take,
		Give: func(name string, fd int) error {
			f.used[name] = fd
			return nil
		},
		Upgrade: f.upgrade,
		Ready:   f.sayReady,
		WaitForParent: func(limit time.Duration) error {
			f.p.await(limit, func() bool { return !f.parentLives() })
			if f.parentLives() {
				return errors.New("context deadline exceeded")
			}
			return nil
		},
		Stop: func() { f.stopped = true },
	}
}

func (f *simFlip) parentLives() bool { return f.p.parent != nil && f.p.parent.alive }

// take moves a descriptor from what is inherited to what is passed on.
func (f *simFlip) take(name string) (int, error) {
	fd, ok := f.inherited[name]
	if !ok {
		return -1, nil
	}
	delete(f.inherited, name)
	f.used[name] = fd
	return fd, nil
}

// sayReady closes what nobody has taken, and tells the parent, which may be gone.
func (f *simFlip) sayReady() error {
	w, p := f.p.w, f.p
	w.say("master %d is ready", p.pid)
	for name, fd := range f.inherited {
		if c := w.byFD[fd]; c != nil && c.state != simEnded {
			w.promise(false, "master %d closes %s, which nobody has taken", p.pid, name)
		}
	}
	f.ready = true
	for _, other := range w.masters {
		w.promise(other == p || !other.alive || other == p.parent || other.left() || !other.flip.ready, "masters %d and %d both serve", p.pid, other.pid)
	}
	if p.parent != nil && !p.parent.alive {
		return errors.New("broken pipe")
	}
	return nil
}

// upgrade starts the next process and waits for it. Where two things have happened, chance takes one, as select does.
func (f *simFlip) upgrade() error {
	w := f.p.w
	switch {
	case f.stopped:
		return errors.New("terminating")
	case f.upgraded:
		return errors.New("already upgraded")
	case !f.ready:
		return errors.New("process is not ready yet")
	case f.parentLives():
		return errors.New("parent hasn't exited")
	case f.p.nextPlan == planNoFork:
		return errors.New("can't start child: no such file")
	}
	next := f.start()
	deadline := w.clock.Add(simUpgradeTime)
	f.p.await(simUpgradeTime, func() bool { return f.stopped || !next.alive || next.flip.ready })
	var may []error
	if f.stopped {
		may = append(may, errors.New("terminating"))
	}
	if !next.alive {
		may = append(may, fmt.Errorf("child %d exited", next.pid))
	}
	if !w.clock.Before(deadline) {
		may = append(may, fmt.Errorf("new child %d timed out", next.pid))
	}
	if next.flip.ready {
		may = append(may, nil)
	}
	if len(may) == 0 {
		return errors.New("the schedule ends")
	}
	err := may[w.random.IntN(len(may))]
	if err != nil && next.alive {
		w.faults.killed = w.faults.killed || next.flip.ready && !f.stopped // ready at the very moment when its time is over: as tableflip does it
		next.exit("signal: killed")
	}
	f.upgraded = err == nil
	return err
}

// start makes the next process, which has all descriptors that were given.
func (f *simFlip) start() *simMaster {
	next := f.p.w.newMaster(f.p)
	next.plan = f.p.nextPlan
	next.flip.inherited = make(map[string]int, len(f.used))
	for name, fd := range f.used {
		next.flip.inherited[name] = fd
		if c := f.p.w.byFD[fd]; c != nil {
			c.holders = append(c.holders, next)
		}
	}
	f.p.w.say("master %d starts master %d: %v", f.p.pid, next.pid, next.plan)
	return next
}

// outside is what both sides of a succession do besides.
func (p *simMaster) outside() *succession.World {
	w := p.w
	return &succession.World{
		Room: func() error {
			p.nextPlan = w.faults.next
			w.faults.next = planGood
			w.setting = w.chooseSetting()
			return failsIf(p.nextPlan == planNoRoom)
		},
		Check: func() error {
			p.await(50*time.Millisecond, func() bool { return false })
			return failsIf(p.nextPlan == planBadCheck)
		},
		Words: func() (*succession.Words, error) {
			fd := w.id()
			return &succession.Words{End: fd, Hear: func() string { return w.texts[fd] }, Close: func() {}}, failsIf(p.nextPlan == planNoWords)
		},
		Permit: func() (int, error) {
			fd := w.id()
			w.texts[fd] = "permit"
			return fd, nil
		},
		Claim: func(fd int) bool {
			there := w.texts[fd] != ""
			delete(w.texts, fd)
			return there
		},
		Say: func(fd int, text string) { w.texts[fd] = text },
		Seal: func(text []byte) (int, error) {
			fd := w.id()
			w.texts[fd] = string(text)
			return fd, nil
		},
		Unseal: func(fd int) ([]byte, error) { return []byte(w.texts[fd]), nil },
		Close:  func(int) {},
		Now:    func() time.Time { return w.clock },
		Sleep:  func(d time.Duration) { p.await(d, func() bool { return false }) },
		Kill:   w.kill,
		Pid:    func() int { return p.pid },
	}
}

func failsIf(fails bool) error {
	if fails {
		return errors.New("as planned")
	}
	return nil
}
