package proxy

import (
	"os"
	"time"

	"lbmaster/conf"
	"lbmaster/shared/syslog"
)

// noticeLevel is the level of what the operator must know.
const noticeLevel = "alert"

// Notice sends a line to the log targets of the instance that are sockets. What one does not take is lost, and counted, as with
// lines about requests. Standard output and error are not among them: the caller reports there.
func (p *Proxy) Notice(text string) {
	for _, t := range p.notices {
		line := t.header.Append(nil, p.loop.Wall())
		line = append(append(line, text...), '\n')
		if !t.sink.write(line) {
			p.counters.LogsDropped.Add(1)
		}
	}
}

// openNotices finds the targets for notices.
func (p *Proxy) openNotices(c *conf.Config) error {
	places := c.LogPlaces()
	for _, t := range c.Global.Log {
		if !t.Socket() {
			continue
		}
		header, err := syslog.NewHeader(t.Facility, noticeLevel, "lbmaster", os.Getpid(), time.Local)
		if err != nil {
			return err
		}
		p.notices = append(p.notices, logTarget{p.sinks[places.Of(t)], header})
	}
	return nil
}
