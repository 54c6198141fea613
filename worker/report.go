package worker

import (
	"fmt"
	"io"
)

// reports is how many lines may wait for stderr. What comes on top is dropped: the loop never waits.
const reports = 64

// newReporter returns a function that writes lines for the operator without ever blocking its caller.
func newReporter(to io.Writer, slot int) func(string) {
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
