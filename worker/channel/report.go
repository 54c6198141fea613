package channel

import (
	"fmt"
	"io"

	"lbmaster/shared/control"
)

// Lines returns a function that writes a child's lines for the operator. It waits as little as the writer that it is given: a pump.Writer
// never does.
func Lines(to io.Writer, name string) func(string) {
	return func(text string) { fmt.Fprintf(to, "lbmaster: %s: %s\n", name, text) }
}

// Reports returns a function that tells the operator something by way of the master, whose log may be the only place where anybody looks;
// when there is no master, or the master does not listen, by way of Lines.
func Reports(fd int, instead io.Writer, name string) func(string) {
	line := Lines(instead, name)
	return func(text string) {
		if control.Send(fd, control.Message{Kind: control.Report, Reason: text}, nil) != nil {
			line(text)
		}
	}
}
