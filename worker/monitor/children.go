package monitor

import (
	"cmp"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"lbmaster/shared/control"
	"lbmaster/shared/counter"
	"lbmaster/worker/monitor/tally"
)

// place names a worker: those of older generations, which drain, have slots of their own.
type place struct{ generation, slot int }

// noteChild keeps what the master tells of a child. The monitor's own part in it is counted elsewhere.
func (m *monitor) noteChild(c control.Message) {
	at := place{c.Generation, c.Slot}
	switch {
	case c.Slot == control.MonitorSlot:
		m.failure = c.Reason
	case at.generation != m.generation && c.Pid == 0:
		delete(m.children, at)
	default:
		m.children[at] = c
	}
}

// workers are the worker processes as the master, the counters and the kernel know them: our generation's, then those of
// older ones, the newest first.
func (m *monitor) workers(now time.Time) []tally.Worker {
	var all []tally.Worker
	for slot := range m.counters.Workers() {
		w := m.worker(place{m.generation, slot}, now)
		w.Sessions = m.counters.Gauges(slot, 0).Sessions.Load()
		w.Requests = m.counters.Counters(slot, 0)[counter.Requests].Load()
		all = append(all, w)
	}
	for at, c := range m.children {
		if at.generation != m.generation {
			w := m.worker(at, now)
			w.Sessions = c.Sessions
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b tally.Worker) int {
		return cmp.Or(cmp.Compare(b.Generation, a.Generation), cmp.Compare(a.Slot, b.Slot))
	})
	return all
}

func (m *monitor) worker(at place, now time.Time) tally.Worker {
	c, known := m.children[at]
	w := tally.Worker{
		Slot: at.slot, Generation: at.generation, Pid: c.Pid, State: c.State, Restarts: c.Restarts, Since: time.UnixMilli(c.Since),
		Program: c.Program,
	}
	if !known {
		w.State, w.Since = "unknown", now
	}
	if c.Pid > 0 && m.proc != nil {
		w.CPU, w.Memory = m.usage(c.Pid)
	}
	return w
}

// generations are the configurations in service, the newest first.
func (m *monitor) generations(workers []tally.Worker) []tally.Generation {
	var all []tally.Generation
	for _, w := range workers {
		if n := len(all); n == 0 || all[n-1].Number != w.Generation {
			g := tally.Generation{Number: w.Generation, State: "draining", Started: w.Since, Program: w.Program}
			if w.Generation == m.generation {
				g.Started = m.started
			}
			if w.Generation == m.generation && !m.draining {
				g.State = "active"
			}
			all = append(all, g)
		}
		g := &all[len(all)-1]
		g.Sessions += w.Sessions
		if w.Pid > 0 {
			g.Workers++
		}
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
