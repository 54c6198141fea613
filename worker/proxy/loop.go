package proxy

import (
	"time"

	"lbmaster/worker/loop"
	"lbmaster/worker/poll"
)

// kinds are the objects of the data plane that have tokens and timers.
type kinds struct{ listener, client, wake loop.Kind }

// handleKinds tells the loop who takes what happens to which objects.
func (p *Proxy) handleKinds() {
	p.kinds = kinds{
		listener: p.loop.Handle(listenerEvents{p}),
		client:   p.loop.Handle(clientEvents{p}),
		wake:     p.loop.Handle(wakeEvents{p}),
	}
}

type listenerEvents struct{ *Proxy }

func (p listenerEvents) OnEvent(t poll.Token, _ poll.Ready) { p.onListener(t) }
func (listenerEvents) OnTime(uint32)                        {} // a listener has no timer

type clientEvents struct{ *Proxy }

func (p clientEvents) OnEvent(t poll.Token, r poll.Ready) { p.onClient(t, r) }
func (p clientEvents) OnTime(slot uint32)                 { p.onTime(p.sessions.At(slot)) }

type wakeEvents struct{ *Proxy }

func (p wakeEvents) OnEvent(poll.Token, poll.Ready) { p.unblock() }
func (wakeEvents) OnTime(uint32)                    {} // nor has the eventfd

// Watch calls ready, on the loop, whenever fd can be read, until Unwatch. The descriptor stays the caller's.
func (p *Proxy) Watch(fd int, ready func()) error { return p.loop.Watch(fd, ready) }

// Unwatch ends a Watch of fd.
func (p *Proxy) Unwatch(fd int) { p.loop.Unwatch(fd) }

// After calls f once, on the loop, when d has passed.
func (p *Proxy) After(d time.Duration, f func()) { p.loop.After(d, f) }

// Run is the event loop. It returns nil after Stop, and after Drain when the last session has ended.
func (p *Proxy) Run() error {
	defer p.close()
	for p.mode != stopped && (p.mode != draining || p.sessions.Used()+p.listeners.Used() > 0 || p.inTransit() || p.drainChannels()) {
		if err := p.loop.Turn(); err != nil {
			return err
		}
	}
	return nil
}

// close ends everything that the proxy still holds.
func (p *Proxy) close() {
	for _, s := range p.sessions.All() {
		if s.state != closed {
			s.stop()
		}
	}
	p.worker.Upstream.DropIdle()
	p.closeListeners()
	p.worker.Logs.Close()
	p.dropSuccessor()
	for len(p.peerGenerations) > 0 {
		_ = p.RemovePeerGeneration(p.peerGenerations[0].generation)
	}
	_ = p.loop.Close() // nothing depends on the outcome: the process is leaving
}
