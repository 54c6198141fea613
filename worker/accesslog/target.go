package accesslog

import (
	"lbmaster/shared/syslog"
	"lbmaster/worker/logsink"
)

// target is a sink with what stands before each line of a frontend there.
type target struct {
	sink   *logsink.Sink
	header *syslog.Header // nil: nothing
}

// send gives the text of a line to a target.
func (w *Writer) send(t *target) {
	w.line = w.line[:0]
	if t.header != nil {
		w.line = t.header.Append(w.line, w.loop.Wall())
	}
	w.line = append(w.line, w.text...)
	w.line = append(w.line, '\n')
	w.give(t.sink, w.line)
}

// give gives a line to a sink.
func (w *Writer) give(k *logsink.Sink, line []byte) {
	if !w.sinks.Write(k, line, w.loop.Now()) {
		w.dropped.Add(1)
	}
}
