package proxy

import "time"

// mode is what the proxy does with new connections and with its sessions.
//
//	     +---------------------Pause-----------------------+
//	     |                                                 v
//	[ standby ] --Activate--> [ active ] <--Resume-- [ paused ]
//	     |                      |    |                  ^  |
//	     |                      |    +------Pause-------+  |
//	     +-------Drain----------+--> [ draining ] <--------+
//
//	     every one of them --Stop--> [ stopped ]
type mode uint8

const (
	standby  mode = iota // ready, but accepts nothing yet
	active               // accepts and serves
	paused               // accepts nothing, serves what is there
	draining             // frontends leave one after the other, requests that run are finished, and then Run returns
	stopped              // Run returns
)

// Activate begins to accept.
func (p *Proxy) Activate() {
	if p.mode == standby {
		p.change(active)
	}
}

// Pause stops accepting, after it has taken what waits in the queues: those clients believe that they are connected.
func (p *Proxy) Pause() {
	switch p.mode {
	case standby:
		p.change(paused)
	case active:
		for _, l := range p.listeners.All() {
			if l.fd.Valid() && l.polled {
				p.emptyQueue(l)
			}
		}
		p.change(paused)
	}
}

// Paused says that it is so because of Pause.
func (p *Proxy) Paused() bool { return p.mode == paused }

// Resume accepts again after Pause.
func (p *Proxy) Resume() {
	if p.mode == paused {
		p.change(active)
	}
}

// Drain begins the soft stop. Each frontend goes on for its grace, and then leaves. With the last session Run returns.
// After Pause there is no grace: nothing is accepted that could make use of it.
func (p *Proxy) Drain() {
	if p.mode == draining || p.mode == stopped {
		return
	}
	p.drain(p.mode == active)
}

func (p *Proxy) drain(graceful bool) {
	p.change(draining)
	for _, f := range p.frontends {
		switch {
		case f == nil:
		case graceful && f.grace > 0:
			p.loop.After(time.Duration(f.grace)*time.Millisecond, func() { p.leave(f, true) })
		default:
			p.leave(f, graceful)
		}
	}
}

// leave closes the listening sockets of a frontend, after their queues have been emptied if it was accepting: those
// clients believe that they are connected. Its sessions end after the requests that run.
func (p *Proxy) leave(f *frontend, accepting bool) {
	for _, l := range p.listeners.All() {
		if !l.fd.Valid() || l.front != f {
			continue
		}
		if accepting && l.polled {
			p.emptyQueue(l)
		}
		p.closeListener(l)
	}
	f.leaving = true
	for _, s := range p.sessions.All() {
		if s.state == idle && s.front == f {
			p.loop.Enqueue(&s.task)
		}
	}
}

// Stop makes Run return at once. Every connection is closed.
func (p *Proxy) Stop() {
	if p.mode != stopped {
		p.change(stopped)
	}
}

func (p *Proxy) change(next mode) {
	p.mode, p.accepting = next, next == active || next == draining
	p.pollListeners()
}

// Sessions is the number of client connections.
func (p *Proxy) Sessions() int { return p.sessions.Used() }
