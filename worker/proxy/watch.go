package proxy

import (
	"fmt"
	"time"

	"lbmaster/worker/poll"
	"lbmaster/worker/timer"
)

// watch is a descriptor of somebody else that is polled along with our own.
type watch struct {
	fd    int
	seq   uint32
	ready func() // nil: not watched any more
}

// Watch calls ready, on the loop, whenever fd can be read. The descriptor stays the caller's.
func (p *Proxy) Watch(fd int, ready func()) error {
	w, slot := p.watches.take()
	*w = watch{fd: fd, seq: w.seq + 1, ready: ready}
	if e := p.poller.Add(fd, poll.Readable, poll.NewToken(kindWatch, slot, w.seq)); e != 0 {
		w.ready = nil // else Unwatch would give the place back once more
		p.watches.put(slot)
		return fmt.Errorf("cannot poll descriptor %d: %w", fd, e)
	}
	return nil
}

// Unwatch ends a Watch of fd.
func (p *Proxy) Unwatch(fd int) {
	for slot, w := range p.watches.all {
		if w.ready != nil && w.fd == fd {
			p.poller.Remove(fd)
			w.ready = nil
			p.watches.put(uint32(slot))
		}
	}
}

func (p *Proxy) onWatch(t poll.Token) {
	if w := p.watches.at(t.Slot()); w != nil && w.ready != nil && w.seq == t.Seq() {
		w.ready()
	}
}

// alarm is a call in the future. There are few of them, none on the path of a request.
type alarm struct {
	timer timer.Timer
	call  func()
}

// After calls f once, on the loop, when d has passed.
func (p *Proxy) After(d time.Duration, f func()) {
	a, slot := p.alarms.take()
	a.call = f
	a.timer.Token = timerToken(kindAlarm, slot)
	p.wheel.Set(&a.timer, p.now+d.Milliseconds())
}

func (p *Proxy) onAlarm(slot uint32) {
	a := p.alarms.at(slot)
	call := a.call
	a.call = nil
	p.alarms.put(slot)
	call()
}
