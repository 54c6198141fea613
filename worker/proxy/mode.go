package proxy

// mode is what the proxy does with new connections and with its sessions.
//
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
	draining             // accepts nothing, finishes the requests that run, and then Run returns
	stopped              // Run returns
)

// Activate begins to accept.
func (p *Proxy) Activate() {
	if p.mode == standby {
		p.change(active)
	}
}

// Pause stops accepting.
func (p *Proxy) Pause() {
	if p.mode == active {
		p.change(paused)
	}
}

// Resume accepts again after Pause.
func (p *Proxy) Resume() {
	if p.mode == paused {
		p.change(active)
	}
}

// Drain accepts what waits in the listening sockets' queues, and then closes them. Every session ends after the
// request that runs; with the last of them Run returns.
func (p *Proxy) Drain() {
	if p.mode == draining || p.mode == stopped {
		return
	}
	if p.mode == active {
		p.acceptLast()
	}
	p.change(draining)
	p.closeListeners()
	for _, s := range p.sessions.all {
		if s.state == idle {
			p.enqueue(s)
		}
	}
}

// acceptLast empties the queues of the listening sockets once: those clients believe that they are connected.
func (p *Proxy) acceptLast() {
	for _, l := range p.listeners.all {
		if l.polled {
			p.accept(l)
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
	p.mode = next
	p.pollListeners()
}

// Sessions is the number of client connections.
func (p *Proxy) Sessions() int { return p.sessions.used() }
