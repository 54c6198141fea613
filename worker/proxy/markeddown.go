package proxy

import (
	"time"

	"lbmaster/worker/upstream"
)

// lookTime is how long sessions may go on after their server has been marked down. The status board tells nobody that it has changed: so
// it is looked at, by workers that have a server whose sessions are to end.
const lookTime = 100 * time.Millisecond

// watchServers begins to look for servers that are marked down, if there is one whose sessions are to end then.
func (p *Proxy) watchServers() {
	for _, b := range p.backends {
		if b.EndsSessions() {
			p.lookForDown()
			return
		}
	}
}

func (p *Proxy) lookForDown() {
	p.loop.After(lookTime, p.lookForDown)
	for _, b := range p.backends {
		b.MarkedDown(p.endSessions)
	}
}

// endSessions ends what runs on a server.
func (p *Proxy) endSessions(srv *upstream.Server) {
	for _, s := range p.sessions.All() {
		if s.state == exchanging && s.exchange.Base().Server == srv {
			s.settle(s.exchange.ServerDown())
			s.Enqueue() // unless it has ended, it waits for something else now
		}
	}
}
