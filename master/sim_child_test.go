package master

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/master/child"
	"lbmaster/shared/control"
)

// simState is where a fake worker or monitor is.
//
//	[ born ] --Start--> [ told ] --Listeners--> [ idle ] --Activate--> [ serves ] --Drain, Retire--> [ drains ] --> [ ended ]
//
// Stop, a signal and the end of its channel end it from everywhere.
type simState uint8

const (
	simBorn simState = iota
	simTold
	simIdle // ready
	simServes
	simDrains
	simEnded
)

// simChild is a fake worker or monitor.
type simChild struct {
	w          *world
	pid        int
	fd         int // of its control channel, and of its pidfd
	generation int
	slot       int
	state      simState
	paused     bool
	orphan     bool
	hung       bool // it does nothing any more
	stubborn   bool // it does not end of SIGABRT
	deaf       bool // it reads nothing
	endless    bool // one of its sessions never ends
	inbox      []letter
	outbox     []control.Message
	own        []int         // sockets of its slot
	lent       map[int][]int // by slot
	holders    []*simMaster  // who has the other end of the channel
	watchers   []watcher     // who hears what it says
	born       time.Time
	how        string // it ended
}

// letter is a message on its way, with descriptors.
type letter struct {
	message control.Message
	fds     []int
}

type watcher struct {
	p    *simMaster
	c    *child.Child
	told bool // of its end
}

// channelSize is how many messages a channel takes.
const channelSize = 12

// endpoint is a master's end of the channel of a child.
type endpoint struct {
	p *simMaster
	c *simChild
}

func (e endpoint) TrySend(m control.Message, fds []int) error {
	w := e.p.w
	w.promise(!e.p.left(), "master %d has been replaced, and tells child %d to %s", e.p.pid, e.c.pid, m.Kind)
	w.promise(e.c.generation == e.p.m.number || e.p.flip.ready, "master %d does not serve yet, and tells child %d of generation %d to %s", e.p.pid, e.c.pid, e.c.generation, m.Kind)
	if e.c.state == simEnded {
		return unix.EPIPE
	}
	if len(e.c.inbox) >= channelSize {
		return unix.EAGAIN
	}
	e.c.inbox = append(e.c.inbox, letter{m, slices.Clone(fds)})
	return nil
}

func (e endpoint) Recv(time.Time) (control.Message, []int, error) {
	return control.Message{}, nil, errors.New("nobody waits here")
}

func (e endpoint) Finish() {}

func (e endpoint) Close() error {
	e.c.holders = slices.DeleteFunc(e.c.holders, func(p *simMaster) bool { return p == e.p })
	return nil
}

// spawn starts the child of a slot.
func (p *simMaster) spawn(slot int) (*child.Child, error) {
	w := p.w
	if w.faults.forks > 0 {
		w.faults.forks--
		return nil, errors.New("no process can be made")
	}
	w.promise(!p.left(), "master %d has been replaced, and starts a child", p.pid)
	p.checkBackoff(slot)
	fc := &simChild{w: w, pid: w.pid(), fd: w.id(), born: w.clock, generation: p.m.number, slot: slot, outbox: []control.Message{{Kind: control.Hello}}}
	fc.deaf = p.plan == planNotReady && slot != monitorIndex
	c := child.New(nameOf(p.m.number, slot), endpoint{p, fc}, p.kernel, p.m.log)
	c.Pid, c.Pidfd, c.ControlFD = fc.pid, fc.fd, fc.fd
	fc.holders = append(fc.holders, p)
	fc.watchers = append(fc.watchers, watcher{p: p, c: c})
	w.children = append(w.children, fc)
	w.byFD[fc.fd] = fc
	if w.tracing {
		_, title := role(slot)
		w.say("master %d starts %s as %d", p.pid, title, fc.pid)
	}
	return c, nil
}

// lend is the end of a channel that another master has too.
func (p *simMaster) lend(fd int) (child.Channel, error) { return endpoint{p, p.w.byFD[fd]}, nil }

// watch makes an adopted child's news this master's too.
func (p *simMaster) watch(c *child.Child) {
	fc := p.w.byFD[c.Pidfd]
	fc.watchers = append(fc.watchers, watcher{p: p, c: c})
}

// signal is what a signal of a master does to a child.
func (c *simChild) signal(s unix.Signal) {
	switch {
	case c.state == simEnded:
	case s == unix.SIGKILL:
		c.end("signal: killed")
	case s == unix.SIGABRT && !c.stubborn:
		c.end("signal: aborted")
	case s == unix.SIGQUIT && c.state < simIdle:
		c.end("signal: quit")
	}
}

func (c *simChild) end(how string) {
	c.w.say("child %d ends: %s", c.pid, how)
	c.state, c.how, c.inbox = simEnded, how, nil
}

func (c *simChild) say(k control.Kind) { c.outbox = append(c.outbox, control.Message{Kind: k}) }

// leave ends it in order.
func (c *simChild) leave() {
	c.say(control.Bye)
	c.end(child.EndedWell)
}

// read makes the child act on the next message.
func (c *simChild) read() {
	l := c.inbox[0]
	c.inbox = c.inbox[1:]
	if c.w.tracing {
		c.w.say("child %d reads %s", c.pid, l.message.Kind)
	}
	if c.expects(l.message.Kind) {
		return
	}
	switch l.message.Kind {
	case control.Start:
		c.state = simTold
	case control.Listeners:
		c.own = append(c.own, l.fds...)
		if l.message.Last && c.state == simTold {
			c.state = simIdle
			c.say(control.Ready)
		}
	case control.Activate:
		if c.state == simIdle {
			c.state = simServes
			if c.slot != monitorIndex && c.w.clock.Before(c.w.faults.crash) {
				c.end("signal: segmentation fault")
			}
		}
	case control.Pause:
		c.paused = true
		c.say(control.Paused)
	case control.Resume:
		c.paused = false
	case control.Lend:
		if c.lent == nil {
			c.lent = make(map[int][]int)
		}
		c.lent[l.message.Slot] = append(c.lent[l.message.Slot], l.fds...)
	case control.Return:
		delete(c.lent, l.message.Slot)
	case control.Drain:
		if c.slot != monitorIndex {
			c.state = simDrains
		}
	case control.Retire:
		c.state = simDrains
	case control.Stop:
		c.leave()
	case control.Ping:
		c.say(control.Pong)
	}
}

// expects says what a child that is not ready makes of a message: of any but the next one it leaves.
func (c *simChild) expects(k control.Kind) (left bool) {
	if c.state >= simIdle || c.state == simBorn && k == control.Start || c.state == simTold && k == control.Listeners {
		return false
	}
	c.say(control.Bye)
	if c.slot == monitorIndex && c.state == simBorn && (k == control.Stop || k == control.Retire) {
		c.end(child.EndedWell)
	} else {
		c.end("exit status 1")
	}
	return true
}

// simStartTime is how long a child waits for what it needs.
const simStartTime = 10 * time.Second

// late says that it waits no longer.
func (c *simChild) late() bool {
	return c.state < simIdle && !c.w.clock.Before(c.born.Add(simStartTime))
}

// abandoned says that nobody has the other end of its channel.
func (c *simChild) abandoned() bool {
	return !slices.ContainsFunc(c.holders, func(p *simMaster) bool { return p.alive })
}

// lose is what it does at the end of its channel.
func (c *simChild) lose() {
	c.orphan = true
	switch {
	case c.state < simServes:
		c.end(child.EndedWell)
	case c.paused:
		c.state = simDrains
	}
	c.w.say("child %d has no master any more", c.pid)
}

// polls says whether it accepts from a socket.
func (c *simChild) polls(fd int) bool {
	if c.state != simServes || c.paused {
		return false
	}
	if slices.Contains(c.own, fd) {
		return true
	}
	for _, fds := range c.lent {
		if slices.Contains(fds, fd) {
			return true
		}
	}
	return false
}

// tell tells one of the masters that listen what the child has said, or that it has ended.
func (c *simChild) tell() {
	i := c.listener()
	if i < 0 {
		c.outbox = nil
		return
	}
	at := &c.watchers[i]
	e := child.Event{Child: at.c}
	if len(c.outbox) > 0 {
		m := c.outbox[0]
		c.outbox = c.outbox[1:]
		e.Message = &m
	} else {
		at.told = true
		e.Ended = c.how
		if at.c.Generation != at.p.m.number {
			e.Ended = "it has ended"
		}
	}
	if at.p.left() {
		return // it reads, and nobody looks
	}
	if c.w.tracing {
		what := "end"
		if e.Message != nil {
			what = string(e.Message.Kind)
		}
		c.w.say("master %d hears %s of child %d", at.p.pid, what, c.pid)
	}
	at.p.heard(c, e)
}

// listener is the next master that hears the child; -1: there is none.
func (c *simChild) listener() int {
	first := -1
	for i, at := range c.watchers {
		if !at.p.alive || at.told || len(c.outbox) == 0 && c.state != simEnded {
			continue
		}
		if first >= 0 && len(c.outbox) > 0 && !c.w.chance(2) {
			continue
		}
		first = i
	}
	return first
}

// news says that somebody hears something of it.
func (c *simChild) news() bool {
	return (len(c.outbox) > 0 || c.state == simEnded) && slices.ContainsFunc(c.watchers, func(at watcher) bool { return at.p.alive && !at.told })
}

func (c *simChild) String() string {
	return fmt.Sprintf("child %d (generation %d, slot %d)", c.pid, c.generation, c.slot)
}
