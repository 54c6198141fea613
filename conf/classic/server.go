package classic

import (
	"fmt"
	"strconv"

	"lbmaster/conf/classic/value"
)

// server is one server that is being filled.
type server struct {
	values  table
	path    string
	options map[string]func(*line)
}

// readServer reads a server line, with what default-server has said before it.
func readServer(l *line) {
	if len(l.args) < 2 {
		l.fail("it needs a name and an address: write \"server NAME ADDRESS:PORT\"")
		return
	}
	s := l.section
	l.at.Key = "server " + l.args[0]
	address, err := value.Server(l.args[1], words.ServerForms)
	if err != nil {
		l.fail("%v", err)
		address = "192.0.2.1:1" // so that nothing else is wrong with it
	}
	v := newServer(fmt.Sprintf("%s.server[%d]", s.Path, s.servers))
	s.servers++
	v.values["name"], v.values["address"] = l.args[0], address
	l.places[v.path] = l.at
	for b := s; b != nil; b = b.behind {
		if b.defaultServer != nil {
			quiet := &line{reader: l.reader, at: l.at}
			quiet.options(l.keywords.Servers, b.defaultServer, v)
			break
		}
	}
	l.options(l.keywords.Servers, l.args[2:], v)
	all, _ := s.Values["server"].([]map[string]any)
	s.Values["server"] = append(all, v.values)
	if !l.places.Has(s.Path + ".server") {
		l.places[s.Path+".server"] = l.at
	}
}

// defaultServer keeps the words for the servers that come.
func defaultServer(l *line) {
	if !l.options(l.keywords.Servers, l.args, newServer("")) {
		return
	}
	if l.section.defaultServer == nil {
		for b := l.section.behind; b != nil; b = b.behind {
			if b.defaultServer != nil {
				l.section.defaultServer = append([]string(nil), b.defaultServer...)
				break
			}
		}
	}
	l.section.defaultServer = append(l.section.defaultServer, l.args...)
}

func newServer(path string) *server {
	v := &server{values: table{}, path: path}
	set := func(key string, value any, l *line) {
		v.values[key] = value
		if path != "" {
			l.places[path+"."+key] = l.at
		}
	}
	text := func(key string) func(*line) { return func(l *line) { set(key, l.args[0], l) } }
	number := func(key string) func(*line) {
		return func(l *line) {
			n, err := strconv.ParseInt(l.args[0], 10, 32)
			if err != nil {
				l.fail("%q is not a number", l.args[0])
				return
			}
			set(key, n, l)
		}
	}
	duration := func(key string) func(*line) {
		return func(l *line) {
			d, err := value.Time(l.args[0])
			if err != nil {
				l.fail("%v", err)
				return
			}
			set(key, d, l)
		}
	}
	boolean := func(key string, on bool) func(*line) { return func(l *line) { set(key, on, l) } }
	v.options = map[string]func(*line){
		"cookie": text("cookie"), "source": text("source"), "on-marked-down": text("on_marked_down"), "track": text("track"),
		"disabled": boolean("disabled", true), "enabled": boolean("disabled", false),
		"port": number("check_port"), "rise": number("rise"), "fall": number("fall"), "weight": number("weight"),
		"check": boolean("check", true), "no-check": boolean("check", false),
		"backup": boolean("backup", true), "no-backup": boolean("backup", false),
		"inter": duration("inter"), "fastinter": duration("fastinter"), "downinter": duration("downinter"),
	}
	return v
}
