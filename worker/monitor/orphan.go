package monitor

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/shared/title"
)

// orphan is what a monitor without a master knows of the workers, which serve on: it checks and answers for as long as one lives.
type orphan struct {
	since   time.Time
	told    time.Time     // when the operator was last told
	workers map[place]int // a pidfd for each worker that lives
}

// remindTime is the time between two reminders of the operator that there is no master.
const remindTime = time.Minute

// loseMaster goes on without a master, until another instance takes over or the last worker has ended.
func (m *monitor) loseMaster() {
	m.orders = nil
	m.channel.Lose()
	m.reason = "the master is gone"
	if m.schedule == nil { // an older generation's monitor does the work, or a newer one's
		m.left = true
		return
	}
	m.orphan = &orphan{since: time.Now(), workers: m.openWorkers()}
	title.Append(" orphan")
	m.followOrphan(m.orphan.since)
}

// openWorkers takes hold of the workers by the process ids that the master has told: of those which have ended and were not
// noticed by it, another process may have the id by now, which keeps the monitor for longer and does nothing else.
func (m *monitor) openWorkers() map[place]int {
	all := make(map[place]int)
	for at, c := range m.children {
		if c.Pid == 0 {
			continue
		}
		if fd, err := unix.PidfdOpen(c.Pid, 0); err == nil {
			all[at] = fd
		}
		if at.generation == m.generation {
			c.State = "orphan"
			m.children[at] = c
		}
	}
	return all
}

// followOrphan does what is due, once a second, for a monitor without a master.
func (m *monitor) followOrphan(now time.Time) {
	o := m.orphan
	if o == nil {
		return
	}
	for at, pidfd := range o.workers {
		if ended(pidfd) {
			delete(o.workers, at)
			unix.Close(pidfd)
			m.noteEnd(at)
		}
	}
	if len(o.workers) == 0 {
		m.reason, m.left = "the master and all workers are gone", true
		m.report(Alert, m.reason)
		return
	}
	if !m.retired && now.Sub(o.told) >= remindTime {
		o.told = now
		m.report(Alert, fmt.Sprintf("the master (process %d) is gone, for %v: %d workers serve on, but nobody replaces one that dies, and no upgrade "+
			"is possible; start lbmaster again with the same configuration: it takes over", m.master, now.Sub(o.since).Round(time.Second), len(o.workers)))
	}
}

// noteEnd does for a worker that has ended what the master would: its sessions do not count any more, and it is shown as gone.
func (m *monitor) noteEnd(at place) {
	if at.generation == m.generation {
		m.counters.Vacate(at.slot)
	}
	m.children[at] = control.Message{Generation: at.generation, Slot: at.slot, State: "gone", Since: time.Now().UnixMilli(), Restarts: m.children[at].Restarts}
}

// ended says that the process of a pidfd has ended.
func ended(pidfd int) bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, 0)
	return err == nil && n > 0
}
