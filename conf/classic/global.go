package classic

import (
	"slices"
	"strconv"
	"strings"

	"lbmaster/conf/classic/value"
)

// logGlobal stands for the targets of global among those of a section.
const logGlobal = "\x00global"

// logLine reads "log ADDRESS [len N] [format F] FACILITY [LEVEL]" and "log global".
func logLine(l *line) {
	s := l.section
	if !s.logged {
		for b := s.behind; b != nil; b = b.behind {
			if b.logged {
				s.logs = slices.Clone(b.logs)
				break
			}
		}
	}
	s.logged = true
	l.places[s.Path+".log"] = l.at
	if len(l.args) == 1 && l.args[0] == "global" {
		if s.kind == "global" {
			l.fail("in global the targets themselves are written: %s", words.LogForms)
			return
		}
		if !slices.Contains(s.logs, logGlobal) {
			s.logs = append(s.logs, logGlobal)
		}
		return
	}
	if target, ok := l.logTarget(); ok {
		s.logs = append(s.logs, target)
	}
}

// sendHostname reads the name of the host in log lines: the machine's own, or another.
func sendHostname(l *line) {
	if len(l.args) == 0 {
		l.set("log_send_hostname", true)
	} else if v, ok := l.one("NAME"); ok {
		l.set("log_send_hostname", v)
	}
}

func noLog(l *line) {
	l.section.logs, l.section.logged = nil, true
	l.places[l.section.Path+".log"] = l.at
}

// logTarget writes a target as the tables have it.
func (l *line) logTarget() (string, bool) {
	if len(l.args) < 2 {
		l.fail("%s", words.LogForms)
		return "", false
	}
	address, args := l.args[0], l.args[1:]
	file, standard := value.Standard(address)
	for len(args) > 2 && (args[0] == "len" || args[0] == "format" || args[0] == "sample" || args[0] == "profile") {
		switch {
		case args[0] == "len":
			l.reader.ignored = append(l.reader.ignored, ignored{l.at, "log ... len"})
		case args[0] == "format" && (args[1] == "rfc3164" || args[1] == "local" || args[1] == "raw" && standard):
		case args[0] == "format":
			l.fail("the format %q is missing here: lines to daemons are as in RFC 3164, those to stdout and stderr are bare (format raw). Leave \"format %[1]s\" out if the reader takes those", args[1])
			return "", false
		default:
			l.fail("%q is missing here: every line goes to every target. Leaving it out is safe", args[0])
			return "", false
		}
		args = args[2:]
	}
	if len(args) > 2 {
		l.fail("a least level (%q) is missing here. Leaving it out is safe: lines are sent with the level that they have", args[2])
		return "", false
	}
	switch path, isPath := value.UnixPath(address); {
	case standard:
		return file, true
	case isPath:
		address = "unix:" + path
	default:
		address = value.Log(address)
	}
	return strings.Join(append([]string{address}, args...), " "), true
}

// finishLogs puts the targets of global where a section asks for them. A section that wants those alone says nothing.
func (r *reader) finishLogs(s *section) {
	if !s.logged {
		return
	}
	all := []any{}
	if !slices.Equal(s.logs, []string{logGlobal}) {
		for _, target := range s.logs {
			if target != logGlobal {
				all = append(all, target)
				continue
			}
			for _, g := range r.top.logs {
				all = append(all, g)
			}
		}
	}
	s.Values["log"] = all
}

// processes and threads are workers here.
func processes(l *line) {
	if n, ok := l.number("NUMBER"); ok {
		l.reader.nbproc = n
		l.places["global.workers"] = l.at
	}
}

func threads(l *line) {
	if n, ok := l.number("NUMBER"); ok {
		l.reader.nbthread = n
		l.places["global.workers"] = l.at
	}
}

func (r *reader) workers() {
	if r.nbproc != 0 || r.nbthread != 0 {
		r.top.Values["workers"] = max(r.nbproc, 1) * max(r.nbthread, 1)
	}
}

// id takes the number of a user or group, of which 0 is what the process is already.
func id(key string) func(*line) {
	return func(l *line) {
		if n, ok := l.number("NUMBER"); ok && n != 0 {
			l.set(key, strconv.FormatInt(n, 10))
		}
	}
}

// statsSocket is the admin socket.
func statsSocket(l *line) {
	if len(l.args) == 0 {
		l.fail("it needs a path: write \"stats socket /run/lbmaster.sock\"")
		return
	}
	path, ok := value.UnixPath(l.args[0])
	if !ok {
		l.fail("%q is not a path: the admin socket is a unix socket", l.args[0])
		return
	}
	if l.places.Has("admin.socket") {
		l.fail("there is one on line %d already: one admin socket is possible", l.places["admin.socket"].Line)
		return
	}
	l.setIn(l.doc.Admin, "socket", path)
	for args := l.args[1:]; len(args) > 0; args = args[min(2, len(args)):] {
		value := strings.Join(args[:min(2, len(args))], " ")
		switch args[0] {
		case "mode", "user", "group", "uid", "gid":
			if len(args) < 2 {
				l.fail("%q needs an argument: write \"mode 660\", or a user or group", args[0])
				return
			}
			l.setIn(l.doc.Admin, map[string]string{"mode": "mode", "user": "user", "uid": "user", "group": "group", "gid": "group"}[args[0]], args[1])
		case "level":
			if value != "level admin" {
				l.fail("%q is missing here: who reaches the socket may do everything. Leaving it out is safe if only its owner is meant to reach it, and there is no mode that lets others", value)
				return
			}
		case "expose-fd", "name", "process", "thread", "severity-output", "id", "maxconn", "backlog":
		default:
			l.fail("%q is not known here", args[0])
			return
		}
	}
}
