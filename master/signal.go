package master

import (
	"maps"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/signals"
)

// wish is what a signal asks for. Handlers only record wishes; the reconciler acts on them.
type wish uint8

const (
	wishNothing   wish = iota
	wishStop           // hard: now
	wishInterrupt      // hard, and the exit status says so
	wishSoftStop       // after the requests that run
	wishPause          // release the ports
	wishResume         // take them back
	wishDump           // of what every process is doing
	wishRenew          // the next generation
)

// wishes is the meaning of every signal that the master reads, after the guide's sections 4.3 and 5.
var wishes = map[os.Signal]wish{
	unix.SIGTERM: wishStop,
	unix.SIGINT:  wishInterrupt,
	unix.SIGUSR1: wishSoftStop,
	unix.SIGHUP:  wishRenew,
	unix.SIGUSR2: wishRenew,
	unix.SIGTTOU: wishPause,
	unix.SIGTTIN: wishResume,
	unix.SIGQUIT: wishDump,
	unix.SIGPIPE: wishNothing,
}

// watchSignals keeps the signals of the table.
func watchSignals() *signals.Inbox { return signals.Watch(slices.Collect(maps.Keys(wishes))...) }

// togetherTime is the time within which the order of two signals says nothing: the kernel does not keep that of signals which are
// pending at the same moment (signal(7)), and delivers the one with the lower number first.
const togetherTime = time.Millisecond

// sequence puts signals into the order in which they are obeyed.
type sequence struct {
	resumed time.Time // when a resume came last
}

// of are signals as they came; but behind a pause that came together with a resume, for which nobody knows which was meant to be the
// last, there is a resume once more. Serving is the safer mistake.
func (q *sequence) of(all []signals.Arrival) []os.Signal {
	var order []os.Signal
	for _, a := range all {
		order = append(order, a.Signal)
		switch {
		case a.Signal == unix.SIGTTIN:
			q.resumed = a.At
		case a.Signal == unix.SIGTTOU && a.At.Sub(q.resumed) < togetherTime:
			order = append(order, unix.SIGTTIN)
		}
	}
	return order
}
