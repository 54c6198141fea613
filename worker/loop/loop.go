// Package loop is the event loop of a worker: one goroutine, one epoll instance, one clock.
//
// A turn first takes all events, then acts on the timers whose time has come, and then gives every task its turn that has something to do.
// On a busy machine that costs less than doing one connection after the other. Nothing here allocates on the path of a request, locks or waits.
//
//	watch, alarm   descriptors of somebody else; calls in the future
//	loop           a turn, and what its kinds of objects are told
//	task           the queue of those that have something to do
//	clock, millis  time as the loop has seen it
//	table          objects by the slot of a token or a timer
//	freelist       objects without one
package loop

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/worker/poll"
	"lbmaster/worker/timer"
)

// Kind tells the objects that have tokens and timers apart.
type Kind uint8

const (
	none Kind = iota
	kindWatch
	kindAlarm
	firstKind // that Handle gives away
	maxKinds  = 8
)

// Handler is told what happens to the objects of a kind.
type Handler interface {
	OnEvent(t poll.Token, r poll.Ready) // the token may be stale: its sequence number tells
	OnTime(slot uint32)                 // a timer of TimerToken has run out
}

// Poller tells of events: a *poll.Poller, or what plays it in a test.
type Poller interface {
	Add(fd int, want poll.Ready, t poll.Token) unix.Errno
	Remove(fd int) unix.Errno
	Wait(ms int) (int, unix.Errno)
	Event(i int) (poll.Token, poll.Ready)
	Close() error
}

// Loop is an event loop. All its methods belong to the goroutine that calls Turn.
type Loop struct {
	poller   Poller
	wheel    *timer.Wheel
	clock    func() time.Time
	start    time.Time
	seen     seenTime
	now      int64
	wall     int64
	ready    queue
	unread   int // turns in a row that have not taken all events
	handlers [maxKinds]Handler
	kinds    Kind
	watches  Table[watch]
	alarms   Table[alarm]
}

// New makes a loop.
func New() (*Loop, error) {
	poller, err := poll.New()
	if err != nil {
		return nil, fmt.Errorf("cannot make an epoll instance: %w", err)
	}
	return On(poller, time.Now), nil
}

// On makes a loop that polls with poller, by that clock. It owns the poller.
func On(poller Poller, clock func() time.Time) *Loop {
	l := &Loop{poller: poller, wheel: timer.New(0), clock: clock, start: clock(), kinds: firstKind}
	l.handlers[kindWatch], l.handlers[kindAlarm] = watches{l}, alarms{l}
	return l
}

// Handle makes a kind of objects, whose events and timers h takes.
func (l *Loop) Handle(h Handler) Kind {
	kind := l.kinds
	l.handlers[kind] = h
	l.kinds++
	return kind
}

// TimerToken names the object of a timer.
func TimerToken(kind Kind, slot uint32) uint64 { return uint64(kind)<<32 | uint64(slot) }

// Token names the use seq of an object.
func Token(kind Kind, slot, seq uint32) poll.Token { return poll.NewToken(uint8(kind), slot, seq) }

// Now is the time in ms since the loop was made that the loop has seen, taken once a turn (seenTime).
func (l *Loop) Now() int64 { return l.now }

// Wall is the time in ms since 1970, taken once a turn.
func (l *Loop) Wall() int64 { return l.wall }

// Set makes a timer run out at a time (Now).
func (l *Loop) Set(t *timer.Timer, at int64) { l.wheel.Set(t, at) }

// Stop stops a timer.
func (l *Loop) Stop(t *timer.Timer) { l.wheel.Stop(t) }

// Poll registers a descriptor. That fails only when the kernel has no memory left for it, or by a mistake of ours; a
// worker that cannot poll must not go on.
func (l *Loop) Poll(fd int, want poll.Ready, t poll.Token) {
	if e := l.poller.Add(fd, want, t); e != 0 {
		panic(fmt.Sprintf("cannot poll descriptor %d: %v", fd, e))
	}
}

// Unpoll ends the registration of a descriptor.
func (l *Loop) Unpoll(fd int) { l.poller.Remove(fd) }

// Close ends the loop. Nothing depends on the outcome: the process is leaving.
func (l *Loop) Close() error { return l.poller.Close() }

// Turn waits for events, lets what has come be received, and then lets the tasks act.
func (l *Loop) Turn() error {
	patience := l.patience()
	if patience != 0 { // else the wait hides nothing
		l.worked(l.clock())
	}
	n, e := l.poller.Wait(patience)
	if e != 0 {
		return fmt.Errorf("cannot wait for events: %w", e)
	}
	l.awake(n, patience, l.clock())
	return nil
}

// worked looks at the clock before a wait. A standstill between two waits would be taken for a part of the second one, which may be as
// long: then whoever has been sent something after the standstill would be late from the start.
func (l *Loop) worked(now time.Time) {
	l.now = l.seen.pass(l.now, now.Sub(l.start).Milliseconds(), 0)
}

// awake is what a turn does after a wait of patience at most, with n events, when it is now.
//
// A timer waits until the loop has looked for events after its time: what has come in time is read first, however late the loop is.
func (l *Loop) awake(n, patience int, now time.Time) {
	looked := l.now
	l.now = l.seen.pass(l.now, now.Sub(l.start).Milliseconds(), int64(patience))
	l.wall = now.UnixMilli()
	for i := range n {
		t, r := l.poller.Event(i)
		if h := l.handlers[t.Kind()%maxKinds]; h != nil {
			h.OnEvent(t, r)
		}
	}
	if l.readAll(n) {
		l.expireTimers(looked)
	}
	l.ready.run()
}

// patience is how long the loop may wait, in ms; negative: for ever, when no time counts.
func (l *Loop) patience() int {
	if l.ready.head != nil {
		return 0
	}
	return int(min(l.wheel.Wait(l.now), maxWait))
}

// maxUnread is for how many turns the timers may wait for events that have not been taken: as many as there can be.
const maxUnread = 100

// readAll says that no more events are ready than the n that this turn has taken. Nobody is late whose bytes wait to be read: after a
// standstill there may be something for everybody.
func (l *Loop) readAll(n int) bool {
	if n == poll.Batch && l.unread < maxUnread {
		l.unread++
		return false
	}
	l.unread = 0
	return true
}

// expireTimers acts on every timer whose time had come then.
func (l *Loop) expireTimers(then int64) {
	for t := l.wheel.Expired(then); t != nil; t = l.wheel.Expired(then) {
		l.handlers[t.Token>>32].OnTime(uint32(t.Token))
	}
}
