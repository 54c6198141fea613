package master

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
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

// watchSignals delivers the signals of the table, until stop is called. One of a kind may wait while the reconciler is
// busy, and more would not mean more.
func watchSignals() (signals chan os.Signal, stop func()) {
	signals = make(chan os.Signal, 2*len(wishes))
	for s := range wishes {
		signal.Notify(signals, s)
	}
	return signals, func() { signal.Stop(signals) }
}
