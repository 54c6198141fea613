package worker

import (
	"fmt"
	"io"

	"lbmaster/shared/control"
)

// newReporter returns a function that tells the operator something by way of the master, whose log may be the only place where
// anybody looks; when there is no master, or it does not listen, on standard error. Neither blocks the caller.
func newReporter(channel int, instead io.Writer, name string) func(string) {
	return func(text string) {
		if control.Send(channel, control.Message{Kind: control.Report, Reason: text}, nil) != nil {
			fmt.Fprintf(instead, "lbmaster: %s: %s\n", name, text)
		}
	}
}
