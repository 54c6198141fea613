package proxy

import (
	"fmt"
	"time"

	"lbmaster/worker/poll"
	"lbmaster/worker/timer"
)

// watch is a descriptor of somebody else that is polled along with our own.
type watch struct {
	ready func()
}

// Watch calls ready, on the loop, whenever fd can be read. The descriptor stays the caller's.
func (p *Proxy) Watch(fd int, ready func()) error {
	w, slot := p.watches.take()
	w.ready = ready
	if e := p.poller.Add(fd, poll.Readable, poll.NewToken(kindWatch, slot, 0)); e != 0 {
		p.watches.put(slot)
		return fmt.Errorf("cannot poll descriptor %d: %w", fd, e)
	}
	return nil
}

func (p *Proxy) onWatch(t poll.Token) { p.watches.at(t.Slot()).ready() }

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
