// Package severity is the one list of the facilities and severities of RFC 3164; pure. Configurations call a severity a level.
package severity

import "slices"

// Facilities are in the order of their codes, 0 to 23. From auth2 to cron2 RFC 3164 section 4.1.1 knows no names: they are HAProxy's.
var Facilities = []string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "auth2", "ftp",
	"ntp", "audit", "alert", "cron2", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

// Levels are in the order of their codes (RFC 3164 section 4.1.1), 0 to 7: the lower, the more severe.
var Levels = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// Facility is the code of a facility.
func Facility(name string) (code int, ok bool) { return find(Facilities, name) }

// Level is the code of a level.
func Level(name string) (code int, ok bool) { return find(Levels, name) }

func find(list []string, name string) (int, bool) {
	i := slices.Index(list, name)
	return max(i, 0), i >= 0
}

// Admits says whether a target with that limit takes lines of a level: those that are not less severe. Without a limit, "", it takes all.
func Admits(limit, level string) bool {
	most, limited := Level(limit)
	ours, _ := Level(level)
	return !limited || ours <= most
}
