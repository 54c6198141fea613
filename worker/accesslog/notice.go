package accesslog

import (
	"fmt"
	"time"

	"lbmaster/conf"
	"lbmaster/shared/syslog"
	"lbmaster/worker/logsink"
)

// noticeLevel is the level of what the operator must know.
const noticeLevel = "alert"

// notices go to a sink.
type notices struct {
	syslog.Notices
	sink *logsink.Sink
}

// Notice sends a line to the log targets of the instance that are sockets. What one does not take is lost, and counted, as with
// lines about requests. Standard output and error are not among them: the caller reports there.
func (w *Writer) Notice(text string) {
	for _, n := range w.notices {
		if line := n.Datagram(noticeLevel, text, w.loop.Wall()); line != nil {
			w.give(n.sink, line)
		}
	}
}

// openNotices finds the targets for notices.
func (w *Writer) openNotices(c *conf.Config) error {
	from := syslog.Here(c.Global.LogHost, c.LogTag(nil))
	for _, t := range c.Global.Log {
		if !t.Socket() {
			continue
		}
		n, err := syslog.NewNotices(t.Facility, t.Level, from, time.Local)
		if err != nil {
			return fmt.Errorf("log of global: %w", err)
		}
		w.notices = append(w.notices, notices{n, w.sinks.Of(t)})
	}
	return nil
}
