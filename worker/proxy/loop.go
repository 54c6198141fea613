package proxy

import (
	"fmt"
	"time"

	"lbmaster/worker/poll"
	"lbmaster/worker/timer"
)

// The kinds of objects that have tokens and timers.
const (
	kindListener uint8 = iota + 1
	kindClient
	kindServer
	kindWatch
	kindWake
	kindAlarm
)

// timerToken names the object of a timer.
func timerToken(kind uint8, slot uint32) uint64 { return uint64(kind)<<32 | uint64(slot) }

// runQueue holds the sessions that have something to do, in the order in which they got it.
type runQueue struct{ head, tail *session }

// enqueue gives a session its turn, later in this loop turn or in the next one.
func (p *Proxy) enqueue(s *session) {
	if s.queued {
		return
	}
	s.queued = true
	s.next = nil
	if p.ready.tail == nil {
		p.ready.head = s
	} else {
		p.ready.tail.next = s
	}
	p.ready.tail = s
}

// Run is the event loop. It returns nil after Stop, and after Drain when the last session has ended.
func (p *Proxy) Run() error {
	defer p.close()
	for p.mode != stopped && (p.mode != draining || p.sessions.used()+p.listeners.used() > 0 || p.inTransit() || p.drainChannels()) {
		if err := p.turn(); err != nil {
			return err
		}
	}
	return nil
}

// turn waits for events, receives what has come, and then lets the sessions act.
func (p *Proxy) turn() error {
	patience := p.patience()
	if patience != 0 { // else the wait hides nothing
		p.worked(time.Now())
	}
	n, e := p.poller.Wait(patience)
	if e != 0 {
		return fmt.Errorf("cannot wait for events: %w", e)
	}
	p.awake(n, patience, time.Now())
	return nil
}

// worked looks at the clock before a wait. A standstill between two waits would be taken for a part of the second one, which may be as
// long: then whoever has been sent something after the standstill would be late from the start.
func (p *Proxy) worked(now time.Time) {
	p.now = p.seen.pass(p.now, now.Sub(p.start).Milliseconds(), 0)
}

// awake is what a turn does after a wait of patience at most, with n events, when it is now.
//
// A timer waits until the loop has looked for events after its time: what has come in time is read first, however late the loop is.
func (p *Proxy) awake(n, patience int, now time.Time) {
	looked := p.now
	p.now = p.seen.pass(p.now, now.Sub(p.start).Milliseconds(), int64(patience))
	p.wall = now.UnixMilli()
	for i := range n {
		p.dispatch(p.poller.Event(i))
	}
	if p.readAll(n) {
		p.expireTimers(looked)
	}
	p.runReady()
}

// patience is how long the loop may wait, in ms; negative: for ever, when no time counts.
func (p *Proxy) patience() int {
	if p.ready.head != nil {
		return 0
	}
	return int(min(p.wheel.Wait(p.now), maxWait))
}

// maxUnread is for how many turns the timers may wait for events that have not been taken: as many as there can be.
const maxUnread = 100

// readAll says that no more events are ready than the n that this turn has taken. Nobody is late whose bytes wait to be read: after a
// standstill there may be something for everybody.
func (p *Proxy) readAll(n int) bool {
	if n == poll.Batch && p.unread < maxUnread {
		p.unread++
		return false
	}
	p.unread = 0
	return true
}

// dispatch gives an event to the object that it is about.
func (p *Proxy) dispatch(t poll.Token, r poll.Ready) {
	switch t.Kind() {
	case kindClient:
		p.onClient(t, r)
	case kindServer:
		p.onServer(t, r)
	case kindListener:
		p.onListener(t)
	case kindWatch:
		p.onWatch(t)
	case kindWake:
		p.unblock()
	}
}

// expireTimers acts on every timer whose time had come then.
func (p *Proxy) expireTimers(then int64) {
	for t := p.wheel.Expired(then); t != nil; t = p.wheel.Expired(then) {
		p.onTimer(t)
	}
}

func (p *Proxy) onTimer(t *timer.Timer) {
	slot := uint32(t.Token)
	switch uint8(t.Token >> 32) {
	case kindClient:
		p.onTime(p.sessions.at(slot))
	case kindServer:
		p.onIdleTime(p.serverConns.at(slot))
	case kindAlarm:
		p.onAlarm(slot)
	}
}

// runReady lets every session act that was in the queue when the turn began. Those which are not done by then, or get
// something to do from others, wait for the next turn.
func (p *Proxy) runReady() {
	s := p.ready.head
	p.ready = runQueue{}
	for s != nil {
		next := s.next
		s.queued, s.next = false, nil
		if s.state != closed {
			s.run()
		}
		s = next
	}
}

// close ends everything that the proxy still holds.
func (p *Proxy) close() {
	for _, s := range p.sessions.all {
		if s.state != closed {
			s.stop()
		}
	}
	p.dropIdle()
	p.closeListeners()
	p.closeSinks()
	p.dropSuccessor()
	for len(p.peerGenerations) > 0 {
		_ = p.RemovePeerGeneration(p.peerGenerations[0].generation)
	}
	_ = p.poller.Close() // nothing depends on the outcome: the process is leaving
}
