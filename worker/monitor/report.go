package monitor

import (
	"io"

	"lbmaster/worker/channel"
)

// Level is how much a line matters to the operator, in syslog's words.
type Level string

// The levels that are used here.
const (
	Emerg   Level = "emerg"
	Alert   Level = "alert"
	Warning Level = "warning"
	Notice  Level = "notice"
)

// newReporter returns a function that writes lines for the operator.
func newReporter(to io.Writer) func(Level, string) {
	line := channel.Lines(to, "monitor")
	return func(level Level, text string) { line(string(level) + ": " + text) }
}
