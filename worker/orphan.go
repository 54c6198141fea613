package worker

import (
	"fmt"
	"time"

	"lbmaster/shared/title"
)

// orphan is what a worker without a master knows of its situation.
//
//	[ has a master ] --end of the control channel--> [ serves on ] --SIGUSR1, orphan_time--> [ drains ] --last session, hard_stop_after--> Run returns
//	        |                                             |
//	        +-- not active yet: Run returns               +-- paused by an operator, who cannot end that any more: drains at once
//
// SIGTERM ends the process at any time (shared/signals).
type orphan struct {
	limits   limits          // of the configuration
	replaced <-chan struct{} // another instance has taken over
	since    time.Time       // when the master died
	told     time.Time       // when the operator was last told
	drains   bool
}

// limits are how long an orphan goes on. Zero is for ever.
type limits struct{ serve, drain time.Duration }

const (
	orphanStep = time.Second // between two looks at what an orphan should do
	remindTime = time.Minute // between two reminders of the operator
)

// loseMaster goes on without a master.
func (w *worker) loseMaster() {
	w.proxy.Unwatch(w.channel.FD())
	w.reason = "the master is gone"
	if !w.active {
		w.report(w.reason)
		w.proxy.Stop()
		return
	}
	w.channel.Lose()
	w.orphan.since = time.Now()
	title.Append(" orphan")
	w.followOrphan()
}

// followOrphan does what is due for a worker without a master, once a second from its end on.
func (w *worker) followOrphan() {
	now := time.Now()
	w.remind(now)
	if why := w.orphan.ends(now, w.proxy.Paused()); why != "" && !w.orphan.drains {
		w.finish(why)
	}
	w.proxy.After(orphanStep, w.followOrphan)
}

// ends is why an orphan is to accept nobody any more; "": it is not.
func (o *orphan) ends(now time.Time, paused bool) string {
	select {
	case <-o.replaced:
		return "another instance has taken over"
	default:
	}
	switch {
	case paused:
		return "the instance was paused, and nobody can resume it"
	case o.limits.serve > 0 && now.Sub(o.since) >= o.limits.serve:
		return "orphan_time has passed"
	}
	return ""
}

// finish accepts nobody any more.
func (w *worker) finish(why string) {
	w.orphan.drains = true
	w.tell(why + ": this worker finishes the requests that run")
	w.proxy.Drain()
	if limit := w.orphan.limits.drain; limit > 0 {
		w.proxy.After(limit, w.proxy.Stop)
	}
}

// remind tells the operator, every minute, that the instance runs without a master.
func (w *worker) remind(now time.Time) {
	o := &w.orphan
	if o.drains || now.Sub(o.told) < remindTime {
		return
	}
	o.told = now
	w.tell(fmt.Sprintf("the master is gone, for %v: this worker serves on, but nobody replaces a worker that dies, "+
		"and no upgrade is possible; start lbmaster again with the same configuration: it takes over", now.Sub(o.since).Round(time.Second)))
}

// tell reports where an operator may look: on standard error, and to the log targets of the instance.
func (w *worker) tell(text string) {
	w.report(text)
	w.proxy.Notice(fmt.Sprintf("worker %d: %s", w.slot, text))
}
