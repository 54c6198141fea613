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
// pending at the same moment (signal(7)), and delivers the one with the lower number first, which is TTIN.
const togetherTime = time.Millisecond

// stillMeant is what is to be passed on of signals that have come: a resume that a pause follows is over. To who gets both at once they
// would be sent together, so that the order says nothing.
func stillMeant(all []signals.Arrival) []signals.Arrival {
	at := func(s os.Signal) int {
		return slices.IndexFunc(all, func(a signals.Arrival) bool { return a.Signal == s })
	}
	resume, pause := at(unix.SIGTTIN), at(unix.SIGTTOU)
	if resume < 0 || pause < resume || all[pause].At.Sub(all[resume].At) < togetherTime {
		return all
	}
	return slices.Delete(all, resume, resume+1)
}

// sequence finds out what was meant to be the last of TTOU and TTIN. A resume without a pause means nothing, unless the pause that was
// sent before comes after it.
type sequence struct {
	early time.Time // when a resume came last that had no effect
}

// resumes says that a signal is to be followed by a resume: the one that has come before it was sent after it. Paused is what the
// instance is when it comes.
func (q *sequence) resumes(a signals.Arrival, paused bool) bool {
	if a.Signal == unix.SIGTTIN && !paused {
		q.early = a.At
	}
	return a.Signal == unix.SIGTTOU && a.At.Sub(q.early) < togetherTime
}
