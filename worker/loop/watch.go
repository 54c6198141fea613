package loop

import (
	"fmt"

	"lbmaster/worker/poll"
)

// watch is a descriptor of somebody else that is polled along with our own.
type watch struct {
	fd    int
	seq   uint32
	ready func() // nil: not watched any more
}

// Watch calls ready, on the loop, whenever fd can be read. The descriptor stays the caller's.
func (l *Loop) Watch(fd int, ready func()) error {
	w, slot := l.watches.Take()
	*w = watch{fd: fd, seq: w.seq + 1, ready: ready}
	if e := l.poller.Add(fd, poll.Readable, Token(kindWatch, slot, w.seq)); e != 0 {
		w.ready = nil // else Unwatch would give the slot back once more
		l.watches.Put(slot)
		return fmt.Errorf("cannot poll descriptor %d: %w", fd, e)
	}
	return nil
}

// Unwatch ends a Watch of fd.
func (l *Loop) Unwatch(fd int) {
	for slot, w := range l.watches.All() {
		if w.ready != nil && w.fd == fd {
			l.poller.Remove(fd)
			w.ready = nil
			l.watches.Put(uint32(slot))
		}
	}
}

// watches handles the events of all watches.
type watches struct{ *Loop }

func (l watches) OnEvent(t poll.Token, _ poll.Ready) {
	if w := l.watches.At(t.Slot()); w != nil && w.ready != nil && w.seq == t.Seq() {
		w.ready()
	}
}

func (watches) OnTime(uint32) {} // a watch has no timer
