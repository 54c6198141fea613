package master

import (
	"time"
)

// breakerState is how an instance goes on whose workers all crash again and again. Connections that nobody will ever
// serve are better refused, so that clients and whatever stands before us can go elsewhere.
//
//	[ closed ] --every slot crashes, none serves--> [ broken ]
//	                                                    |  ^
//	                                one worker is active|  |it dies
//	                                                    v  |
//	                                                [ quiet ]
//	                                                    |  ^ (it dies: broken)
//	                                quietTime: addresses|  |
//	                                are taken back      v  |
//	[ closed ] <--trialTime: the others start-- [ on trial ] --it dies--> [ broken ]
type breakerState uint8

const (
	closed  breakerState = iota
	broken               // connections are refused; one worker is started when it is due
	quiet                // it is active, and has nothing to do yet
	onTrial              // it serves alone
)

const (
	crashTime = 10 * time.Second // a worker that dies within it has crashed
	crashes   = 3                // so many in a row are a loop
	quietTime = 2 * time.Second  // how long the first worker must live before it gets connections
	trialTime = 10 * time.Second // how long it must serve before the others are started
)

// breaker belongs to the reconciler.
type breaker struct {
	state   breakerState
	crashed map[int]int // how often in a row, by slot
	due     time.Time   // broken: not before then a worker is started; quiet, onTrial: when that ends
}

// died counts the death of a slot's worker, which had been active for lived.
func (b *breaker) died(slot int, lived time.Duration) {
	if b.crashed == nil {
		b.crashed = make(map[int]int)
	}
	if lived >= crashTime {
		b.crashed[slot] = 0
	}
	b.crashed[slot]++
}

// trips says that every slot is in a crash loop, and none serves.
func (b *breaker) trips(slots []*slot) bool {
	for _, s := range slots {
		if s.state == ready || s.state == active || b.crashed[s.index] < crashes {
			return false
		}
	}
	return true
}

// holds says that no worker is to be started in a slot, though it is due: one at a time is enough to see whether it lives.
func (b *breaker) holds(slots []*slot, now time.Time) bool {
	if b.state == closed {
		return false
	}
	if b.state == broken && now.Before(b.due) {
		return true
	}
	for _, s := range slots {
		if s.child != nil {
			return true
		}
	}
	return false
}

// crash takes the death of a worker, after its slot has noted it.
func (m *master) crash(s *slot, lived time.Duration) {
	m.breaker.died(s.index, lived)
	switch {
	case m.breaker.state != closed && chooseBorrower(m.slots) != nobody:
		return // it was starting when the instance gave up; another one lives
	case m.breaker.state != closed:
		m.log.Error("the first worker has crashed again: connections are refused until one lives")
	case m.breaker.trips(m.slots):
		m.log.Error("every worker crashes: connections are refused until one lives")
	default:
		return
	}
	m.breaker.state, m.breaker.due = broken, s.due
	m.release(byBreaker)
	m.notifier.Say(m.health())
}

// lives takes that a worker has become active.
func (m *master) lives(now time.Time) {
	if m.breaker.state == broken {
		m.breaker.state, m.breaker.due = quiet, now.Add(quietTime)
	}
}

// seeBreaker does what is due.
func (m *master) seeBreaker(now time.Time) {
	if m.phase != running || now.Before(m.breaker.due) {
		return
	}
	switch m.breaker.state {
	case quiet:
		m.breaker.due = now.Add(trialTime) // or another try, if an address has been taken
		if m.takeBack(byBreaker) {
			m.breaker.state = onTrial
			m.log.Warn("a worker lives: connections are accepted again, by it alone for a while")
		}
	case onTrial:
		m.breaker = breaker{}
		m.log.Info("the worker still lives: the others are started")
	default:
		return
	}
	m.notifier.Say(m.health())
}

// breakerDue is when seeBreaker has something to do again, or a worker may be started; ok is false when only an event
// can change anything.
func (m *master) breakerDue(now time.Time) (at time.Time, ok bool) {
	if m.breaker.state == closed || m.breaker.state == broken && !now.Before(m.breaker.due) {
		return time.Time{}, false
	}
	return m.breaker.due, m.phase == running
}
