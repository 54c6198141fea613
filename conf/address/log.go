package address

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"lbmaster/shared/severity"
)

// Log is one destination of log lines.
type Log struct {
	Target   string // "udp", "unix", "stdout" or "stderr"
	Address  string // "127.0.0.1:514" or "/dev/log"
	Facility string // "local0"
	Level    string // "info"; "" means debug, that is all
}

// ParseLog reads "127.0.0.1:514 local0 info", with the level left out for all that is; "stdout" and "stderr" stand
// alone.
func ParseLog(s, forms string) (Log, error) {
	words := strings.Fields(s)
	if len(words) == 1 && (words[0] == "stdout" || words[0] == "stderr") {
		return Log{Target: words[0]}, nil
	}
	if len(words) < 2 || len(words) > 3 {
		return Log{}, fmt.Errorf("%q is not a log target: %s", s, forms)
	}
	l := Log{Target: "udp", Address: words[0], Facility: words[1]}
	if path, ok := strings.CutPrefix(words[0], "unix:"); ok {
		l.Target, l.Address = "unix", path
		if err := CheckUnixPath(path); err != nil {
			return l, err
		}
	} else if ip, err := netip.ParseAddr(words[0]); err == nil {
		l.Address = netip.AddrPortFrom(ip, 514).String()
	} else if _, err := netip.ParseAddrPort(words[0]); err != nil {
		return l, fmt.Errorf("%q is not an address with a port, such as 127.0.0.1:514", words[0])
	}
	if !slices.Contains(severity.Facilities, l.Facility) {
		return l, fmt.Errorf("%q is not a facility: write one of %s", l.Facility, strings.Join(severity.Facilities, ", "))
	}
	if len(words) == 3 {
		l.Level = words[2]
	}
	if l.Level != "" && !slices.Contains(severity.Levels, l.Level) {
		return l, fmt.Errorf("%q is not a level: write one of %s", l.Level, strings.Join(severity.Levels, ", "))
	}
	return l, nil
}

// Socket says that the target is a socket: else it is one of the standard files.
func (l Log) Socket() bool { return l.Target == "udp" || l.Target == "unix" }

// Bare is where lines go: the same for all targets whose lines go to the same place.
func (l Log) Bare() Log { return Log{Target: l.Target, Address: l.Address} }
