package proxy

import "lbmaster/worker/exchange"

// A response that stays incomplete, and a relay that a peer has reset, must not look complete to the other peer. Where nothing else
// says so, the connection is closed by reset. But a reset destroys what waits in the kernel's queue of sent bytes, which may be
// megabytes that the server had sent before it failed: so it comes when the peer's kernel has got them.
//
// The kernel does not tell when that is. It is looked for, more and more seldom.

const (
	firstLook = 5   // ms until the queues are looked at again, doubled each time
	seldom    = 250 // ms, the longest time between two looks
)

// sendQueues is what a session knows of the queues that it waits for.
type sendQueues struct {
	unsent int   // bytes in them when they were looked at last
	wait   int64 // ms between the last look and the next one
	at     int64 // ms: when that is
}

// flush ends the session, when the peers of the connections that are to be reset have got what was sent to them.
func (s *session) flush() {
	unsent := s.unsent()
	if unsent == 0 {
		s.end()
		return
	}
	s.become(flushing)
	st := s.exchange.Base()
	st.Up.Drop(st.Pools)
	st.Down.Drop(st.Pools)
	s.queues = sendQueues{unsent: unsent, wait: firstLook, at: s.p.loop.Now() + firstLook}
}

// unsent is how many bytes wait for peers whose connections are to be reset. Those that have failed wait for nobody.
func (s *session) unsent() int {
	n := s.client.Unsent()
	if st := s.exchange.Base(); st.Link != nil {
		n += st.Link.Unsent()
	}
	return n
}

// patience is for how many ms a peer may take nothing.
func (s *session) patience() int64 {
	if s.client.Unsent() > 0 {
		return min(s.front.Client, exchange.StallTime)
	}
	return min(s.exchange.Base().Back.Timeout, exchange.StallTime)
}

// stepFlushing ends the session when a peer has left.
func (s *session) stepFlushing() {
	if s.unsent() == 0 {
		s.end()
	}
}

// look looks at the queues again.
func (s *session) look() {
	f, unsent := &s.queues, s.unsent()
	if unsent < f.unsent {
		s.since = s.p.loop.Now()
	}
	if unsent == 0 || s.p.loop.Now()-s.since >= s.patience() {
		s.end()
		return
	}
	f.unsent, f.wait = unsent, min(2*f.wait, seldom)
	f.at = s.p.loop.Now() + f.wait
}
