package monitor

import (
	"fmt"

	"lbmaster/shared/status"
)

// The lines about servers have the words of HAProxy 2.6, so that what people use to watch its log works with ours.

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

func upText(t *target, v view) string {
	return fmt.Sprintf("%s is UP, %s. %s", t.title(), t.last.Reason(), v.online())
}

func downText(t *target, v view) string {
	return fmt.Sprintf("%s is DOWN, %s. %s", t.title(), t.last.Reason(), v.left())
}

// adminTexts are the lines about a change of the administrative state.
func adminTexts(t *target, before, next status.State, v view) []string {
	up := "DOWN"
	if next.Op == status.Up {
		up = "UP"
	}
	switch {
	case next.Admin == status.Maint:
		return []string{fmt.Sprintf("%s is going DOWN for maintenance. %s", t.title(), v.left())}
	case before.Admin == status.Maint && next.Admin == status.Drain:
		return []string{
			fmt.Sprintf("%s is %s/DRAIN (leaving forced maintenance).", t.title(), up),
			t.title() + " remains in forced drain mode.",
		}
	case before.Admin == status.Maint:
		return []string{fmt.Sprintf("%s is %s/READY (leaving forced maintenance).", t.title(), up)}
	case next.Admin == status.Drain:
		return []string{fmt.Sprintf("%s enters drain state. %s", t.title(), v.online())}
	}
	return []string{fmt.Sprintf("%s is %s (leaving forced drain).", t.title(), up)}
}
