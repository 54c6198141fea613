package monitor

import (
	"time"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/counter"
	"lbmaster/shared/syslog"
	"lbmaster/worker/logsink"
)

// logs are the log targets of the instance that are sockets. Checks wait for no target: what one does not take at once is lost, and counted,
// unless its reader is gone. Then the last lines wait for the next reader, since the line about a server may be the first one after the reader
// was started again.
type logs struct {
	sinks   *logsink.Sinks
	targets []logTarget
	began   time.Time
	late    []lateLine
	lost    uint64 // lines, not counted yet
}

// logTarget is what one target gets.
type logTarget struct {
	syslog.Notices
	sink *logsink.Sink
}

// lateLine waits for a reader.
type lateLine struct {
	sink *logsink.Sink
	line []byte
}

// maxLate is how many lines wait for readers at most.
const maxLate = 100

// newLogs opens the log targets, whose sockets come in the order of conf.Config.LogTargets.
func newLogs(c *conf.Config, sockets []int, reopen func()) (*logs, error) {
	l := &logs{sinks: logsink.New(c, nil, reopen), began: time.Now()}
	l.sinks.SetSockets(sockets)
	from := syslog.Here(c.Global.LogHost, c.LogTag(nil))
	for _, t := range c.Global.Log {
		if !t.Socket() {
			continue
		}
		n, err := syslog.NewNotices(t.Facility, t.Level, from, time.Local)
		if err != nil {
			return nil, err
		}
		l.targets = append(l.targets, logTarget{n, l.sinks.Of(t)})
	}
	return l, nil
}

// write gives one line to all targets that take its level.
func (l *logs) write(level Level, text string, now time.Time) {
	for _, t := range l.targets {
		if line := t.Datagram(string(level), text, now.UnixMilli()); line != nil {
			l.send(lateLine{t.sink, line}, now)
		}
	}
}

func (l *logs) send(s lateLine, now time.Time) {
	switch {
	case l.sinks.Write(s.sink, s.line, l.clock(now)):
	case s.sink.Broken() && len(l.late) < maxLate:
		l.late = append(l.late, s)
	default:
		l.lost++
	}
}

// clock is a time in ms for the sinks.
func (l *logs) clock(now time.Time) int64 { return now.Sub(l.began).Milliseconds() }

// reopened takes other sockets, and sends what has waited for them.
func (l *logs) reopened(sockets []int, now time.Time) {
	l.sinks.SetSockets(sockets)
	late := l.late
	l.late = nil
	for _, s := range late {
		l.send(s, now)
	}
}

// mend asks for other sockets while lines wait for them.
func (l *logs) mend(now time.Time) {
	if len(l.late) > 0 {
		l.sinks.Mend(l.clock(now))
	}
}

// openLogs makes what is reported go to the log targets of the instance too.
func (m *monitor) openLogs(config *conf.Config, sockets []int) error {
	l, err := newLogs(config, sockets, func() { m.channel.Say(control.Message{Kind: control.Reopen}) })
	if err != nil {
		return err
	}
	m.logs = l
	toStderr := m.report
	m.report = func(level Level, text string) {
		toStderr(level, text)
		l.write(level, text, time.Now())
	}
	return nil
}

// countLost counts the lines that standard error or a target did not take.
func (m *monitor) countLost() {
	lost := m.stderr.TakeDropped() + m.logs.lost
	m.logs.lost = 0
	m.counters.Counters(m.counters.Monitor(), 0)[counter.LogsDropped].Add(lost)
}
