package conf

// maxLogs is the number of log targets that a section can have.
const maxLogs = 4

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
			if l = l.Bare(); !seen[l] {
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
func (p LogPlaces) Of(l LogTarget) int { return p[l.Bare()] }

// Logs are the log targets of a frontend.
func (c *Config) Logs(f *Frontend) []LogTarget {
	if f.Log == nil {
		return c.Global.Log
	}
	return f.Log
}
