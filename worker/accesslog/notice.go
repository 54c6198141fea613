package accesslog

import (
	"time"

	"lbmaster/conf"
	"lbmaster/shared/syslog"
)

// noticeLevel is the level of what the operator must know.
const noticeLevel = "alert"

// Notice sends a line to the log targets of the instance that are sockets. What one does not take is lost, and counted, as with
// lines about requests. Standard output and error are not among them: the caller reports there.
func (w *Writer) Notice(text string) {
	for _, t := range w.notices {
		line := t.header.Append(nil, w.loop.Wall())
		line = append(append(line, text...), '\n')
		if !t.sink.write(line) {
			w.dropped.Add(1)
		}
	}
}

// openNotices finds the targets for notices.
func (w *Writer) openNotices(c *conf.Config) error {
	places := c.LogPlaces()
	for _, t := range c.Global.Log {
		if !t.Socket() {
			continue
		}
		header, err := syslog.NewHeader(t.Facility, noticeLevel, syslog.Here(c.Global.LogHost, c.LogTag(nil)), time.Local)
		if err != nil {
			return err
		}
		w.notices = append(w.notices, target{w.sinks[places.Of(t)], header})
	}
	return nil
}
