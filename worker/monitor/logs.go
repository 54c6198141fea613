package monitor

import (
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/severity"
	"lbmaster/shared/syslog"
)

// openLogs takes the sockets of the instance's log targets, in the order of conf.Config.LogTargets, and makes what is
// reported go there too. What a target does not take at once is lost: checks wait for nobody.
func (m *monitor) openLogs(config *conf.Config, sockets []int) {
	bySlot := make([]int, 0, len(sockets))
	for _, t := range config.LogTargets() {
		fd := -1
		if t.Socket() && len(sockets) > 0 {
			fd, sockets = sockets[0], sockets[1:]
		}
		bySlot = append(bySlot, fd)
	}
	control.CloseAll(sockets) // more than there are targets
	places := config.LogPlaces()
	from := syslog.Here(config.Global.LogHost, config.LogTag(nil))
	toStderr := m.report
	m.report = func(level Level, text string) {
		toStderr(level, text)
		for _, t := range config.Global.Log {
			if fd := bySlot[places.Of(t)]; fd >= 0 && severity.Admits(t.Level, string(level)) {
				send(fd, t.Facility, level, from, text)
			}
		}
	}
}

// send writes one line. There are few of them.
func send(fd int, facility string, level Level, from syslog.Source, text string) {
	header, err := syslog.NewHeader(facility, string(level), from, time.Local)
	if err != nil {
		return // the configuration has been checked
	}
	line := append(header.Append(nil, time.Now().UnixMilli()), text...)
	_ = unix.Sendto(fd, append(line, '\n'), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
}
