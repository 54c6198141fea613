package monitor

import (
	"fmt"

	"lbmaster/shared/pump"
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
func newReporter(to *pump.Writer) func(Level, string) {
	return func(level Level, text string) { fmt.Fprintf(to, "lbmaster: monitor: %s: %s\n", level, text) }
}
