// Package timer is a hierarchical timing wheel with a resolution of one millisecond.
//
// It reads no clock: the caller says what time it is. Times are milliseconds of one monotonic clock, never negative.
// Arming, moving and stopping a timer cost the same however many are armed, and nothing is ever allocated. A wheel
// belongs to one event loop.
package timer

import "math/bits"

// A time is read as eleven digits of six bits, and a wheel has one level for each digit. A timer sits at the level
// of the most significant digit in which its deadline differs from the wheel's time, in the slot of that digit's
// value. When the wheel's time reaches the start of a slot, its timers move to lower levels, or are due.
//
// Invariant: above level 0, every occupied slot of a level begins after the wheel's time, and before every occupied
// slot of the levels above it. So the lowest occupied slot of the lowest occupied level is always the next.
const (
	digit  = 6
	slots  = 1 << digit
	levels = (63 + digit - 1) / digit

	stopped = 0 // Timer.list of a timer that is not armed
	due     = 1 // Timer.list and Wheel.lists index of those that are to be returned
	first   = 2 // Wheel.lists index of the first slot of level 0
)

// Timer is one deadline. It is meant to be part of the object that it watches. The zero value is stopped.
// An armed Timer must not be copied, and must be stopped before its memory is used for something else.
type Timer struct {
	// Token is the caller's: it says what to do when the timer expires.
	Token uint64

	at         int64
	next, prev *Timer
	list       uint16 // index into Wheel.lists
}

// Armed says whether the timer is going to expire.
func (t *Timer) Armed() bool { return t.list != stopped }

// At is the deadline in milliseconds. It means nothing when the timer is not armed.
func (t *Timer) At() int64 { return t.at }

// Wheel holds the armed timers.
type Wheel struct {
	now    int64          // everything before it has expired or is in the due list
	levels uint16         // bit set of the levels that have an occupied slot
	slots  [levels]uint64 // for each level, bit set of the occupied slots
	lists  [first + levels*slots]*Timer
}

// New makes an empty wheel whose time is now.
func New(now int64) *Wheel { return &Wheel{now: now} }

// Set arms t, or moves it when it is armed already, to expire at the time at. A time that has passed is allowed:
// the timer expires at the next occasion.
func (w *Wheel) Set(t *Timer, at int64) {
	list := w.place(at)
	if t.list != list {
		w.Stop(t)
		w.push(list, t)
	}
	t.at = at
}

// Stop disarms t. Stopping a stopped timer is allowed.
func (w *Wheel) Stop(t *Timer) {
	if t.list == stopped {
		return
	}
	if t.next != nil {
		t.next.prev = t.prev
	}
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		w.lists[t.list] = t.next
		if t.next == nil {
			w.vacate(t.list)
		}
	}
	t.next, t.prev, t.list = nil, nil, stopped
}

// Expired returns a timer whose deadline is now or earlier, stopped already, or nil when there is none. Call it until
// it returns nil. The order is not that of the deadlines. A timer which is set to now or earlier between the calls is
// returned again.
func (w *Wheel) Expired(now int64) *Timer {
	for w.lists[due] == nil {
		level, slot, start := w.nearest()
		if level < 0 || start > now {
			// Nothing begins before now, so that the invariant holds for this time too.
			w.now = max(w.now, now)
			return nil
		}
		w.now = max(w.now, start)
		w.cascade(index(level, slot), now)
	}
	t := w.lists[due]
	w.Stop(t)
	return t
}

// Wait is the number of milliseconds from now until Expired may have something to return, -1 when nothing is armed.
// Expired may then have nothing yet, but it is never late.
func (w *Wheel) Wait(now int64) int64 {
	if w.lists[due] != nil {
		return 0
	}
	level, _, start := w.nearest()
	if level < 0 {
		return -1
	}
	return max(start-now, 0)
}

// nearest finds the next occupied slot and the time at which it begins. The level is -1 when there is none.
func (w *Wheel) nearest() (level, slot int, start int64) {
	if w.levels == 0 {
		return -1, 0, 0
	}
	level = bits.TrailingZeros16(w.levels)
	slot = bits.TrailingZeros64(w.slots[level])
	shift := level * digit
	return level, slot, w.now>>shift>>digit<<digit<<shift | int64(slot)<<shift
}

// cascade empties a slot that has begun. Each of its timers is due, or belongs to a lower level.
func (w *Wheel) cascade(list uint16, now int64) {
	t := w.lists[list]
	w.lists[list] = nil
	w.vacate(list)
	for t != nil {
		next := t.next
		if t.at <= now {
			w.push(due, t)
		} else {
			w.push(w.place(t.at), t)
		}
		t = next
	}
}

// place is the list for a deadline.
func (w *Wheel) place(at int64) uint16 {
	if at <= w.now {
		return due
	}
	level := (bits.Len64(uint64(at^w.now)) - 1) / digit
	return index(level, int(at>>(level*digit))%slots)
}

// push puts t, which is in no list, at the head of one.
func (w *Wheel) push(list uint16, t *Timer) {
	head := w.lists[list]
	t.next, t.prev, t.list = head, nil, list
	w.lists[list] = t
	if head != nil {
		head.prev = t
		return
	}
	if list >= first {
		level, slot := (list-first)/slots, (list-first)%slots
		w.slots[level] |= 1 << slot
		w.levels |= 1 << level
	}
}

// vacate notes that a list is empty.
func (w *Wheel) vacate(list uint16) {
	if list < first {
		return
	}
	level, slot := (list-first)/slots, (list-first)%slots
	w.slots[level] &^= 1 << slot
	if w.slots[level] == 0 {
		w.levels &^= 1 << level
	}
}

func index(level, slot int) uint16 { return uint16(first + level*slots + slot) }
