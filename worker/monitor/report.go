package monitor

import (
	"fmt"
	"io"
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

// reports is how many lines may wait for stderr. What comes on top is dropped: checks never wait for a reader.
const reports = 1024

// newReporter returns a function that writes lines for the operator without ever blocking its caller.
func newReporter(to io.Writer) func(Level, string) {
	lines := make(chan string, reports)
	go func() {
		for line := range lines {
			// There is nobody to tell when stderr is gone.
			_, _ = io.WriteString(to, line)
		}
	}()
	return func(level Level, text string) {
		select {
		case lines <- fmt.Sprintf("lbmaster: monitor: %s: %s\n", level, text):
		default:
		}
	}
}
