package monitor

import (
	"fmt"

	"lbmaster/shared/status"
)

// The lines about servers have the words of HAProxy 2.6, so that what people use to watch its log works with ours.

// checkNotice is the line about the last check of a server.
func (t *target) checkNotice() string {
	result, server := "failed", "server"
	if t.last.Result.Good() {
		result = "succeeded"
	}
	if t.conf.Backup {
		server = "backup server"
	}
	return fmt.Sprintf("Health check for %s %s/%s %s, %s, status: %s.", server, t.back.name, t.conf.Name, result, t.last.Reason(), t.limits.Place(t.count))
}

// view is what such a line tells about the backend at that moment.
type view struct {
	active, backup int   // servers that take new clients
	sessions       int64 // of the server
}

func (m *monitor) view(t *target) view {
	active, backup := m.usable(t.back)
	return view{active, backup, m.counters.SessionsNow(t.row)}
}

// left is the rest of a line about a server that is lost. Nothing of ours waits in queues.
func (v view) left() string {
	return fmt.Sprintf("%d active and %d backup servers left.%s %d sessions active, 0 requeued, 0 remaining in queue.",
		v.active, v.backup, v.onBackup(), v.sessions)
}

// online is the rest of a line about a server that others can stand in for.
func (v view) online() string {
	return fmt.Sprintf("%d active and %d backup servers online.%s 0 sessions requeued, 0 total in queue.", v.active, v.backup, v.onBackup())
}

func (v view) onBackup() string {
	if v.active == 0 && v.backup > 0 {
		return " Running on backup."
	}
	return ""
}

// title names the server.
func (t *target) title() string {
	if t.conf.Backup {
		return fmt.Sprintf("Backup Server %s/%s", t.back.name, t.conf.Name)
	}
	return fmt.Sprintf("Server %s/%s", t.back.name, t.conf.Name)
}

// notices are lines about one change of a server, in order.
type notices []notice

type notice struct {
	level Level
	text  string
}

func (n notices) add(level Level, format string, args ...any) notices {
	return append(n, notice{level, fmt.Sprintf(format, args...)})
}

// lossLevel is how much it matters that a server in this state is lost. One that takes no new clients was given up by an operator
// before: what filters of logs wake people for is the loss of one that was in use.
func lossLevel(before status.State) Level {
	if before.Admin == status.Drain || before.Op == status.Stopping {
		return Notice
	}
	return Alert
}

// opNotices are the lines about a server that goes down or comes up. Why begins with a comma or a blank; "": another line has told.
func opNotices(t *target, before, next status.State, why string, v view) notices {
	var n notices
	switch next.Op {
	case status.Up:
		n = n.add(Notice, "%s is UP%s. %s", t.title(), why, v.online())
	case status.Stopping:
		n = n.add(Notice, "%s is stopping%s. %s", t.title(), why, v.online())
	case status.Down:
		n = n.add(lossLevel(before), "%s is DOWN%s. %s", t.title(), why, v.left())
	}
	return remains(n, t, next)
}

// remains adds that a server which is up or down takes no new clients all the same.
func remains(n notices, t *target, next status.State) notices {
	if next.Admin == status.Drain {
		n = n.add(Notice, "%s remains in forced drain mode.", t.title())
	}
	return n
}

// adminNotices are the lines about a change of the administrative state.
func adminNotices(t *target, before, next status.State, v view) notices {
	var n notices
	up, rest := "UP", v.online()
	via, forced := "", "forced "
	if next.Inherited {
		via = t.via()
	}
	if before.Inherited {
		forced = ""
	}
	if next.Op == status.Down {
		up, rest = "DOWN", v.left()
	}
	switch {
	case next.Admin == status.Maint && next.Op == status.Down:
		return n.add(Notice, "%s was DOWN and now enters maintenance.", t.title())
	case next.Admin == status.Maint:
		return n.add(lossLevel(before), "%s is going DOWN for maintenance%s. %s", t.title(), via, v.left())
	case before.Admin == status.Maint && next.Admin == status.Drain:
		return remains(n.add(Notice, "%s is %s/DRAIN (leaving %smaintenance).", t.title(), up, forced), t, next)
	case before.Admin == status.Maint:
		return n.add(Notice, "%s is %s/READY (leaving %smaintenance).", t.title(), up, forced)
	case next.Admin == status.Drain:
		return n.add(Notice, "%s enters drain state%s. %s", t.title(), via, rest)
	}
	return n.add(Notice, "%s is %s (leaving forced drain).", t.title(), up)
}
