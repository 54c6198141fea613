// Package accesslog writes the lines that tell of clients and their requests, and waits for no target.
//
//	trace         what a line tells of heads that are gone by then
//	accesslog     the log of a frontend
//	writer        what all logs of a worker share
//	notice        lines for the operator, to the same targets
//	target        where a line goes
//	termination   how a stream ended: the letters of the field
package accesslog

import (
	"fmt"
	"net/netip"
	"time"

	"lbmaster/conf"
	"lbmaster/shared/severity"
	"lbmaster/shared/syslog"
	"lbmaster/worker/logline"
	"lbmaster/worker/loop"
)

// Log is how the streams of a frontend are logged.
type Log struct {
	w        *Writer
	frontend string
	mode     string // as the short line shows it
	format   string // of conf.Frontend
	nulls    bool   // connections without a byte are logged too
	asap     bool   // a line is written before its stream has ended
	targets  []target
	capture  conf.Captures
	traces   loop.FreeList[Trace]
}

// requestLevel is the level of the lines that tell of requests.
const requestLevel = "info"

// NewLog makes the log of a frontend, nil when nothing is to be logged.
func (w *Writer) NewLog(c *conf.Config, f *conf.Frontend) (*Log, error) {
	l := &Log{w: w, frontend: f.Name, mode: "TCP", format: f.LogFormat, nulls: !f.DontLogNull, asap: f.LogASAP, capture: f.Capture}
	if f.Mode == conf.ModeHTTP {
		l.mode = "HTTP"
	}
	for _, t := range c.Logs(f) {
		if !severity.Admits(t.Level, requestLevel) {
			continue
		}
		to := target{sink: w.sinks.Of(t)}
		if t.Socket() {
			header, err := syslog.NewHeader(t.Facility, requestLevel, syslog.Here(c.Global.LogHost, c.LogTag(f)), time.Local)
			if err != nil {
				return nil, fmt.Errorf("log of %s: %w", f.Section, err)
			}
			to.header = header
		}
		l.targets = append(l.targets, to)
	}
	if len(l.targets) == 0 {
		return nil, nil
	}
	return l, nil
}

// Streams says that there is a line for each stream (httplog, tcplog), not one for each connection.
func (l *Log) Streams() bool { return l != nil && l.format != "" }

// Nulls says that connections without a byte have a line too.
func (l *Log) Nulls() bool { return l.nulls }

// Early says that the line of a stream is written when the response begins, or when a relay's server has been reached.
func (l *Log) Early() bool { return l.Streams() && l.asap }

// Record is an empty record, whose memory is good until the next one.
func (l *Log) Record() *logline.Record {
	l.w.record = logline.Record{Frontend: l.frontend, Request: -1, Queue: -1, Connect: -1, Response: -1}
	return &l.w.record
}

// Write writes the line of a stream.
func (l *Log) Write(r *logline.Record) {
	w := l.w
	if l.format == "httplog" {
		w.text = r.AppendHTTP(w.text[:0], w.clock)
	} else {
		w.text = r.AppendTCP(w.text[:0], w.clock)
	}
	l.send()
}

// WriteFault writes the line behind that of a stream, whose record is r: what was wrong with one of its messages.
func (l *Log) WriteFault(r *logline.Record, f *logline.Fault) {
	l.w.text = r.AppendFault(l.w.text[:0], f)
	l.send()
}

// Connections says that there is a short line for each connection.
func (l *Log) Connections() bool { return l != nil && l.format == "" }

// WriteConnection writes the short line of a new connection from client to local.
func (l *Log) WriteConnection(client, local netip.AddrPort) {
	w := l.w
	at := local.AppendTo(w.localText[:0])
	w.text = logline.AppendConnect(w.text[:0], w.Client(client), at, l.frontend, l.mode)
	l.send()
}

// send gives the text of a line to all targets.
func (l *Log) send() {
	for i := range l.targets {
		l.w.send(&l.targets[i])
	}
}

// Shrink lets go of traces that have not been needed since it was called last.
func (l *Log) Shrink() {
	if l != nil {
		l.traces.Shrink()
	}
}
