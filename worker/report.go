package worker

import (
	"fmt"
	"io"

	"lbmaster/shared/control"
)

// reports is how many lines may wait for stderr. What comes on top is dropped: the loop never waits.
const reports = 64

// newReporter returns a function that tells the operator something by way of the master, whose log may be the only place where
// anybody looks; when there is no master, or it does not listen, on standard error. Neither blocks the caller.
func newReporter(channel int, to io.Writer, slot int) func(string) {
	instead := newWriter(to, slot)
	return func(text string) {
		if control.Send(channel, control.Message{Kind: control.Report, Reason: text}, nil) != nil {
			instead(text)
		}
	}
}

// newWriter returns a function that writes lines without ever blocking its caller.
func newWriter(to io.Writer, slot int) func(string) {
	lines := make(chan string, reports)
	go func() {
		for text := range lines {
			// There is nobody to tell when stderr is gone.
			_, _ = fmt.Fprintf(to, "lbmaster: worker %d: %s\n", slot, text)
		}
	}()
	return func(text string) {
		select {
		case lines <- text:
		default:
		}
	}
}
