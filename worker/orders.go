package worker

import (
	"fmt"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/shared/stats"
)

// obey carries out one message. Descriptors that its kind has no use for are closed.
func (w *worker) obey(m control.Message, fds []int) {
	switch m.Kind {
	case control.Lend:
		w.borrow(m, fds)
		return
	case control.Logs:
		w.proxy.SetLogs(fds)
		return
	case control.Drain:
		w.drain(m, fds)
		return
	case control.Predecessor:
		w.addPredecessor(fds)
		return
	case control.PeerGeneration:
		w.addPeerGeneration(m.Generation, fds)
		return
	case control.Profile:
		w.profile(m, fds)
		return
	}
	control.CloseAll(fds)
	switch m.Kind {
	case control.Activate:
		w.active = true
		w.proxy.Activate()
	case control.Pause:
		w.proxy.Pause()
		w.channel.Say(control.Message{Kind: control.Paused})
	case control.Resume:
		w.proxy.Resume()
	case control.Return:
		w.forgetMissed(m.Slot)
		if m.Slot != w.slot {
			w.proxy.Unlisten(m.Slot)
		}
	case control.GenerationEnded:
		if err := w.proxy.RemovePeerGeneration(m.Generation); err != nil {
			w.report(err.Error())
		}
	case control.Stop:
		w.reason = "stopped"
		w.proxy.Stop()
	case control.Ping:
		w.channel.Say(control.Message{Kind: control.Pong})
	}
}

// drain lets running requests finish. When another generation takes over, it gets the connections that are or become idle;
// a second order of that kind names another successor.
func (w *worker) drain(m control.Message, fds []int) {
	w.reason = "drained"
	if err := m.Unpack(fds); err != nil {
		w.channel.Complain(fmt.Errorf("idle connections are not handed over: %w", err))
	}
	if len(m.Places) > 0 && len(fds) > 0 {
		w.proxy.HandOver(fds[0], m.Places, m.Exact)
		return
	}
	if len(fds) > 0 {
		unix.Close(fds[0])
	}
	w.proxy.Drain()
}

// addPredecessor takes the idle connections of a worker that drains.
func (w *worker) addPredecessor(fds []int) {
	for _, fd := range fds {
		if err := w.proxy.AddPredecessor(fd); err != nil {
			w.report(err.Error())
		}
	}
}

// addPeerGeneration counts the sessions of another generation too. Without its counters they are not counted.
func (w *worker) addPeerGeneration(generation int, fds []int) {
	if len(fds) != 1 {
		control.CloseAll(fds)
		return
	}
	counters, err := stats.Open(fds[0])
	if err != nil {
		control.CloseAll(fds)
	} else {
		err = w.proxy.AddPeerGeneration(generation, counters)
	}
	if err != nil {
		w.report(fmt.Sprintf("cannot count the sessions of generation %d: %v", generation, err))
	}
}

// borrow polls the shards of a sibling that has died. What came before for the same slot is replaced, so that a message
// that comes twice does no harm.
func (w *worker) borrow(m control.Message, fds []int) {
	if m.Slot == w.slot {
		control.CloseAll(fds)
		return
	}
	if err := w.listen(m.Slot, m.Shards, fds); err != nil {
		w.report(err.Error())
	}
}
