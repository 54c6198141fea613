package master

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"lbmaster/conf"
	"lbmaster/master/child"
	"lbmaster/shared/control"
)

// slotState is where the worker of a slot is in its life.
//
//	[ resting ] --start--> [ starting ] --Ready--> [ ready ] --Activate--> [ active ]
//	     ^                      |                     |                        |
//	     +------ dies, and is started again later ----+------------------------+
//
//	when the instance ends: every one of them --dies--> [ gone ]
type slotState uint8

const (
	resting  slotState = iota // no process; one is started when due
	starting                  // a process exists and is being told what to do
	ready                     // it waits for Activate
	active                    // it accepts
	gone                      // no process, and none will come
)

func (s slotState) String() string {
	return [...]string{"resting", "starting", "ready", "active", "gone"}[s]
}

// nobody is the borrower of a slot whose shards no other worker polls.
const nobody = -1

// slot is one place for a worker, with the shards of that number. It belongs to the reconciler.
type slot struct {
	index    int
	state    slotState
	child    *child.Child // nil when resting and gone
	due      time.Time    // resting: when to start; starting: when it must be ready
	since    time.Time    // when the state began
	failures int          // deaths in a row without a healthy time in between
	borrower int          // the slot whose worker polls this one's shards meanwhile
	deaths   uint64       // of all its processes
	told     control.Kind // monitor: its last order
}

// become changes the state of a slot.
func (s *slot) become(next slotState, now time.Time) {
	if !follows(s.state, next) {
		panic(fmt.Sprintf("slot %d cannot become %v when it is %v", s.index, next, s.state))
	}
	s.state, s.since = next, now
}

func follows(state, next slotState) bool {
	switch next {
	case starting:
		return state == resting
	case ready:
		return state == starting
	case active:
		return state == ready
	case resting:
		return state == starting || state == ready || state == active
	}
	return state != gone
}

// Back-off of a slot whose workers die: it doubles with each death from backoffFirst to backoffMax, and begins anew when
// a worker has lived for healthyTime.
const (
	backoffFirst = 100 * time.Millisecond
	backoffMax   = 30 * time.Second
	healthyTime  = 60 * time.Second
)

// died notes the death of the slot's worker, and when the next one is due. The jitter, between -1 and 1, moves that by up
// to a fifth: slots that die together should not come back together for ever.
func (s *slot) died(now time.Time, jitter float64) {
	if s.state == active && now.Sub(s.since) >= healthyTime {
		s.failures = 0
	}
	pause := backoffMax
	if s.failures < 9 { // 100 ms * 2^9 is beyond the maximum
		pause = min(backoffFirst<<s.failures, backoffMax)
	}
	s.failures++
	s.deaths++
	s.child = nil
	s.become(resting, now)
	s.due = now.Add(pause + time.Duration(jitter*float64(pause)/5))
}

// chooseBorrower is the active slot that polls the fewest shards of others; nobody when there is none.
func chooseBorrower(slots []*slot) int {
	best, fewest := nobody, 0
	for _, s := range slots {
		if s.state != active {
			continue
		}
		if n := loans(slots, s.index); best == nobody || n < fewest {
			best, fewest = s.index, n
		}
	}
	return best
}

// loans is the number of slots whose shards the worker of slot borrower polls.
func loans(slots []*slot, borrower int) int {
	n := 0
	for _, s := range slots {
		if s.borrower == borrower {
			n++
		}
	}
	return n
}

// workerCount is the number of workers: one for each CPU that this process may use, if the configuration leaves it open.
func workerCount(c *conf.Config) int {
	if c.Global.Workers > 0 {
		return c.Global.Workers
	}
	return runtime.NumCPU()
}

// jitter is a random number between -1 and 1.
func jitter() float64 { return 2*rand.Float64() - 1 }
