package worker

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
)

const (
	askTime   = 200 * time.Millisecond // between two requests for what did not fit
	laterTime = 20 * time.Millisecond  // until a message is received that could not be
)

// missed is what the master is to say again. It belongs to the loop.
type missed struct {
	messages []control.Message // Again, for each message whose descriptors found no room
	asking   bool              // ask will be called
}

// onControl does what the master has said. Only the end of the channel means that there is no master any more.
func (w *worker) onControl() {
	for {
		m, fds, err := w.proxy.ReceiveOrder(w.channel.FD())
		switch {
		case err == nil:
			w.obey(m, fds)
		case errors.Is(err, unix.EAGAIN):
			return
		case errors.Is(err, io.EOF):
			w.loseMaster()
			return
		case errors.Is(err, control.ErrNotUnderstood):
			w.channel.Complain(err)
		case errors.Is(err, control.ErrNoRoom):
			w.channel.Complain(err)
			w.askAgainFor(m)
		default:
			w.channel.Complain(fmt.Errorf("cannot receive from the master: %w", err))
			w.listenLater()
			return
		}
	}
}

// listenLater turns away from a channel that cannot be read now, and would be reported without end.
func (w *worker) listenLater() {
	w.proxy.Unwatch(w.channel.FD())
	w.proxy.After(laterTime, func() {
		if err := w.proxy.Watch(w.channel.FD(), w.onControl); err != nil {
			w.listenLater()
		}
	})
}

// askAgainFor sees to it that a message comes again whose descriptors have found no room.
func (w *worker) askAgainFor(m control.Message) {
	switch m.Kind {
	case control.Profile:
		return // whoever wanted it has seen the end of the pipe
	case control.Drain:
		w.reason = "drained"
		w.proxy.AwaitSuccessor() // accepting nobody makes room
	}
	again := control.Message{Kind: control.Again, Asked: m.Kind, Slot: m.Slot, Generation: m.Generation, Shards: m.Shards}
	if !slices.ContainsFunc(w.missed.messages, func(other control.Message) bool { return reflect.DeepEqual(other, again) }) {
		w.missed.messages = append(w.missed.messages, again)
	}
	w.askLater()
}

func (w *worker) askLater() {
	if !w.missed.asking {
		w.missed.asking = true
		w.proxy.After(askTime, w.ask)
	}
}

// ask asks for one of the messages that were missed, when there is room for its descriptors.
func (w *worker) ask() {
	w.missed.asking = false
	if len(w.missed.messages) == 0 || w.channel.Alone() {
		return
	}
	if w.proxy.Spare() {
		again := w.missed.messages[0]
		w.missed.messages = slices.Delete(w.missed.messages, 0, 1)
		w.channel.Say(again)
	}
	w.askLater()
}

// forgetMissed forgets the shards of a slot that were missed: their worker is back.
func (w *worker) forgetMissed(slot int) {
	w.missed.messages = slices.DeleteFunc(w.missed.messages, func(m control.Message) bool { return m.Asked == control.Lend && m.Slot == slot })
}
