package monitor

import (
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"lbmaster/shared/control"
	"lbmaster/worker/monitor/tally"
)

// noteChild keeps what the master tells of a child.
func (m *monitor) noteChild(c control.Message) {
	switch {
	case c.Slot == control.MonitorSlot:
		m.self = c
	case c.Slot >= 0 && c.Slot < len(m.children):
		m.children[c.Slot] = c
	}
}

// workers are the worker processes as the master, the counters and the kernel know them.
func (m *monitor) workers(now time.Time) []tally.Worker {
	all := make([]tally.Worker, len(m.children))
	for slot, c := range m.children {
		w := tally.Worker{
			Slot: slot, Pid: c.Pid, Generation: generation, State: c.State, Restarts: c.Restarts, Since: time.UnixMilli(c.Since),
			Sessions: m.counters.Gauges(slot, 0).Sessions.Load(), Requests: m.counters.Counters(slot, 0).Requests.Load(),
		}
		if c.State == "" {
			w.State, w.Since = "unknown", now
		}
		if c.Pid > 0 && m.proc != nil {
			w.CPU, w.Memory = m.usage(c.Pid)
		}
		all[slot] = w
	}
	return all
}

// clockTick is the unit of times in /proc/PID/stat: USER_HZ, which Linux fixes at 100.
const clockTick = 10 * time.Millisecond

// usage is the processor time and the resident memory of a process; zero when it is gone. It goes through a descriptor of
// /proc that was opened at the start, so that it works in a chroot.
func (m *monitor) usage(pid int) (cpu time.Duration, memory int64) {
	f, err := m.proc.Open(strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return 0, 0
	}
	return parseUsage(string(text))
}

// parseUsage reads /proc/PID/stat, see proc(5). The second field is the name in parentheses, which may itself hold anything.
func parseUsage(text string) (cpu time.Duration, memory int64) {
	f := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	const user, system, pages = 11, 12, 21
	if len(f) <= pages {
		return 0, 0
	}
	u, _ := strconv.ParseInt(f[user], 10, 64)
	s, _ := strconv.ParseInt(f[system], 10, 64)
	p, _ := strconv.ParseInt(f[pages], 10, 64)
	return time.Duration(u+s) * clockTick, p * int64(os.Getpagesize())
}
