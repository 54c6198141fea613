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
	askTime    = 200 * time.Millisecond // between two requests for what did not fit
	laterTime  = 20 * time.Millisecond  // until a message is sent, or received, that could not be
	byeTime    = time.Second            // for the last message
	maxPending = 64                     // messages that wait: a master that takes none of them is hung or gone
)

// channel is what is still to be said and to be heard on the control channel. It belongs to the loop.
type channel struct {
	pending    []control.Message // found the channel full; in order
	missed     []control.Message // Again, for each message whose descriptors found no room
	asking     bool              // ask will be called
	complaints control.Complaints
}

// onControl does what the master has said. Only the end of the channel means that there is no master any more.
func (w *worker) onControl() {
	for {
		m, fds, err := w.proxy.ReceiveOrder(w.control)
		switch {
		case err == nil:
			w.obey(m, fds)
		case errors.Is(err, unix.EAGAIN):
			return
		case errors.Is(err, io.EOF):
			w.loseMaster()
			return
		case errors.Is(err, control.ErrNotUnderstood):
			w.complain(err)
		case errors.Is(err, control.ErrNoRoom):
			w.complain(err)
			w.askAgainFor(m)
		default:
			w.complain(fmt.Errorf("cannot receive from the master: %w", err))
			w.listenLater()
			return
		}
	}
}

func (w *worker) complain(err error) {
	if text := w.channel.complaints.About(err, time.Now()); text != "" {
		w.report(text)
	}
}

// listenLater turns away from a channel that cannot be read now, and would be reported without end.
func (w *worker) listenLater() {
	w.proxy.Unwatch(w.control)
	w.proxy.After(laterTime, func() {
		if err := w.proxy.Watch(w.control, w.onControl); err != nil {
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
	if !slices.ContainsFunc(w.channel.missed, func(other control.Message) bool { return reflect.DeepEqual(other, again) }) {
		w.channel.missed = append(w.channel.missed, again)
	}
	w.askLater()
}

func (w *worker) askLater() {
	if !w.channel.asking {
		w.channel.asking = true
		w.proxy.After(askTime, w.ask)
	}
}

// ask asks for one of the messages that were missed, when there is room for its descriptors.
func (w *worker) ask() {
	w.channel.asking = false
	if len(w.channel.missed) == 0 || w.orphaned() {
		return
	}
	if w.proxy.Spare() {
		again := w.channel.missed[0]
		w.channel.missed = slices.Delete(w.channel.missed, 0, 1)
		w.say(again)
	}
	w.askLater()
}

// forgetMissed forgets the shards of a slot that were missed: their worker is back.
func (w *worker) forgetMissed(slot int) {
	w.channel.missed = slices.DeleteFunc(w.channel.missed, func(m control.Message) bool { return m.Asked == control.Lend && m.Slot == slot })
}

// say sends a message, later if the master is behind.
func (w *worker) say(m control.Message) {
	if w.orphaned() {
		return
	}
	w.channel.pending = append(w.channel.pending, m)
	if len(w.channel.pending) == 1 {
		w.sendPending()
	} else if len(w.channel.pending) > maxPending {
		w.channel.pending = slices.Delete(w.channel.pending, 1, 2)
		w.complain(errors.New("the master takes no messages: one is dropped"))
	}
}

// sendPending sends what is pending, as far as the master takes it.
func (w *worker) sendPending() {
	for len(w.channel.pending) > 0 {
		err := control.Send(w.control, w.channel.pending[0], nil)
		switch {
		case control.Behind(err):
			w.proxy.After(laterTime, w.sendPending)
			return
		case err != nil && !errors.Is(err, unix.EPIPE): // EPIPE: the end of the channel tells
			w.complain(fmt.Errorf("cannot tell the master: %w", err))
		}
		w.channel.pending = slices.Delete(w.channel.pending, 0, 1)
	}
}

// sayLast sends everything that is pending and a last message, outside the loop.
func (w *worker) sayLast(m control.Message) error {
	deadline := time.Now().Add(byeTime)
	for _, m := range append(w.channel.pending, m) {
		err := control.Send(w.control, m, nil)
		for control.Behind(err) && time.Now().Before(deadline) {
			_ = await(w.control, unix.POLLOUT, deadline)
			err = control.Send(w.control, m, nil)
		}
		if err != nil && !errors.Is(err, unix.EPIPE) {
			return fmt.Errorf("cannot tell the master: %w", err)
		}
	}
	return nil
}

// await waits until a descriptor is ready for something, or until deadline.
func await(fd int, events int16, deadline time.Time) error {
	poll := []unix.PollFd{{Fd: int32(fd), Events: events}}
	_, err := unix.Poll(poll, int(max(0, time.Until(deadline).Milliseconds())))
	if err == unix.EINTR {
		return nil
	}
	return err
}

// hear waits for a message until deadline, before there is a loop. What is not understood is passed over.
func (w *worker) hear(deadline time.Time) (control.Message, []int, error) {
	for {
		m, fds, err := control.Recv(w.control)
		switch {
		case errors.Is(err, control.ErrNotUnderstood) && time.Now().Before(deadline):
			continue
		case !errors.Is(err, unix.EAGAIN):
			return m, fds, err
		case !time.Now().Before(deadline):
			return m, nil, errors.New("the master says nothing")
		}
		if err := await(w.control, unix.POLLIN, deadline); err != nil {
			return m, nil, fmt.Errorf("cannot wait for the master: %w", err)
		}
	}
}
