package conf

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"lbmaster/conf/address"
	"lbmaster/shared/severity"
)

// maxLogs is the number of log targets that a section can have.
const maxLogs = 4

// parseLog reads "127.0.0.1:514 local0 info", with the level left out for all that is; "stdout" and "stderr" stand
// alone.
func parseLog(s, forms string) (LogTarget, error) {
	words := strings.Fields(s)
	if len(words) == 1 && (words[0] == "stdout" || words[0] == "stderr") {
		return LogTarget{Target: words[0]}, nil
	}
	if len(words) < 2 || len(words) > 3 {
		return LogTarget{}, fmt.Errorf("%q is not a log target: %s", s, forms)
	}
	l := LogTarget{Target: "udp", Address: words[0], Facility: words[1]}
	if path, ok := strings.CutPrefix(words[0], "unix:"); ok {
		l.Target, l.Address = "unix", path
		if err := address.CheckUnixPath(path); err != nil {
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

// logFormat reads what a line tells. There is no request to tell of when bytes are only relayed.
func (p *parser) logFormat(t *table, mode Mode) string {
	format := t.One("log_format", "", "httplog", "tcplog")
	if format == "httplog" && mode != ModeHTTP {
		_, in, _ := t.Find("log_format")
		t.Warn(in.Place("log_format"), "%s has mode %s, where \"httplog\" means \"tcplog\"", t.Path, mode)
		return "tcplog"
	}
	return format
}

// LogTargets are all log targets of the instance, each once, in the order in which they come up. Two that differ only in
// facility or level are one.
func (c *Config) LogTargets() []LogTarget {
	var all []LogTarget
	seen := make(map[LogTarget]bool)
	add := func(targets []LogTarget) {
		for _, l := range targets {
			if l = l.bare(); !seen[l] {
				seen[l] = true
				all = append(all, l)
			}
		}
	}
	add(c.Global.Log)
	for i := range c.Frontends {
		add(c.Frontends[i].Log)
	}
	return all
}

// LogPlaces says of each log target its place among Config.LogTargets.
type LogPlaces map[LogTarget]int

// LogPlaces are the places of all log targets.
func (c *Config) LogPlaces() LogPlaces {
	places := make(LogPlaces)
	for i, l := range c.LogTargets() {
		places[l] = i
	}
	return places
}

// Of is the place of a target of the same configuration.
func (p LogPlaces) Of(l LogTarget) int { return p[l.bare()] }

// Socket says that the target is a socket: else it is one of the standard files.
func (l LogTarget) Socket() bool { return l.Target == "udp" || l.Target == "unix" }

// bare is where lines go: the same for all targets whose lines go to the same place.
func (l LogTarget) bare() LogTarget { return LogTarget{Target: l.Target, Address: l.Address} }

// Logs are the log targets of a frontend.
func (c *Config) Logs(f *Frontend) []LogTarget {
	if f.Log == nil {
		return c.Global.Log
	}
	return f.Log
}
