package classic

import (
	"fmt"
	"strconv"
	"strings"

	"lbmaster/conf/classic/keyword"
	"lbmaster/conf/classic/value"
	"lbmaster/conf/raw"
)

// words is how things are written in this language.
var words = raw.Words{
	Keyword:       "keyword",
	BindForms:     `write addr:port, :port, *:port, [v6]:port, addr:8000-8003, unix@/path, fd@N or fd@NAME`,
	NoBind:        "no address to listen on: write \"bind ADDRESS:PORT\" in the section",
	ServerForms:   `write host:port, [v6]:port, host or host:+N for the port that the client connected to, or unix@/path`,
	LogForms:      `write log ADDRESS FACILITY [LEVEL], where the address is one such as 127.0.0.1:514, a path, stdout or stderr`,
	SourceForms:   `write addr or addr:port`,
	Listens:       "there is no section that listens: write \"listen NAME\" with a bind, or \"frontend NAME\" and \"backend NAME\"",
	NoServer:      "no server: write \"server NAME ADDRESS:PORT\", or \"dispatch ADDRESS:PORT\"%.0s",
	NoBackend:     "write \"backend %s\"",
	BackendName:   "missing: a frontend needs \"default_backend NAME\"",
	OwnBackend:    "a listen section is its own backend: write \"frontend %s\" instead, or leave this out",
	ModeHTTP:      `"mode http"`,
	CookieRewrite: `"rewrite"`,
	CookiePrefix:  `"prefix"`,
	CookieInsert:  `"insert"`,
	CheckPort:     "port N",
	Chk:           "write option httpchk METHOD URI VERSION, such as HEAD /index.html HTTP/1.0",
	GlobalMaxconn: "maxconn in global",
}

// text is a keyword with one word behind it.
func text(key, example string) func(*line) {
	return func(l *line) {
		if v, ok := l.one(example); ok {
			l.set(key, v)
		}
	}
}

// number is one with a number.
func number(key string) func(*line) {
	return func(l *line) {
		if n, ok := l.number("NUMBER"); ok {
			l.set(key, n)
		}
	}
}

func (l *line) number(example string) (int64, bool) {
	v, ok := l.one(example)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(v, 10, 32)
	if err != nil {
		l.fail("%q is not a number", v)
	}
	return n, err == nil
}

// always gives a key the same value.
func always(key string, value any) func(*line) {
	return func(l *line) {
		if l.none() {
			l.set(key, value)
		}
	}
}

// dispatch reads the fixed target.
func dispatch(l *line) {
	if v, ok := l.one("ADDRESS:PORT"); ok {
		a, err := value.Server(v, words.ServerForms)
		if err != nil {
			l.fail("%v", err)
			return
		}
		l.set("dispatch", a)
	}
}

// balance knows one algorithm.
func balance(l *line) {
	switch {
	case len(l.args) == 0 || l.args[0] == "roundrobin":
		l.set("balance", "roundrobin")
	default:
		l.fail("%q is missing here: \"roundrobin\" is the only one. Without the line servers take turns, which is safe unless a client has to reach the same server again: then use cookie insert", strings.Join(l.args, " "))
	}
}

// source reads the local address of connections to servers.
func source(l *line) {
	if len(l.args) > 1 {
		l.fail("%q is missing here: only an address, with or without a port. Leaving it out is not safe: servers would see another address", l.args[1])
		return
	}
	text("source", "ADDRESS")(l)
}

// cookie reads how persistence cookies come to be.
func cookie(l *line) {
	if len(l.args) == 0 {
		l.fail("it needs a name: write \"cookie NAME insert indirect\"")
		return
	}
	c := table{"name": l.args[0], "mode": "", "indirect": false, "nocache": false, "postonly": false}
	for _, word := range l.args[1:] {
		switch word {
		case "rewrite", "insert", "prefix":
			c["mode"] = word
		case "indirect", "nocache", "postonly":
			c[word] = true
		case "preserve", "httponly", "secure", "domain", "maxidle", "maxlife", "dynamic", "attr":
			l.fail("%q is missing here. Leaving it out changes the cookie that clients get: it is a session cookie without attributes but its path", word)
			return
		default:
			l.fail("%q is not known here: write rewrite, insert or prefix, and indirect, nocache or postonly", word)
			return
		}
	}
	l.set("cookie", c)
}

// redispatch: with a number, it would be done at other retries too.
func redispatch(l *line) {
	l.set("redispatch", !l.no)
	if !l.no && len(l.args) > 0 && l.args[0] != "-1" {
		l.note("%q: another server is tried at the last retry, not before", l.args[0])
	}
}

// tcpka is about the connections on both sides of the section, as far as it has them.
func tcpka(l *line) {
	if !l.none() {
		return
	}
	for key, in := range map[string]keyword.Side{"clitcpka": keyword.Front | keyword.Defaults, "srvtcpka": keyword.Back | keyword.Defaults} {
		if keyword.Sides[l.section.kind]&in != 0 {
			l.set(key, !l.no)
		}
	}
}

// httplog has one variant in HAProxy that is not here.
func httplog(l *line) {
	if len(l.args) > 0 {
		l.fail("%q is missing here: write \"option httplog\", whose lines are HAProxy's own", l.args[0])
		return
	}
	l.set("log_format", "httplog")
}

func noLogFormat(l *line) { l.set("log_format", "") }

// capture reads "capture cookie NAME len N" and its like.
func capture(key string) func(*line) {
	return func(l *line) {
		if len(l.args) != 3 || l.args[1] != "len" {
			l.fail("it needs a name and a length: write \"%s NAME len 64\"", l.at.Key)
			return
		}
		n, err := strconv.ParseInt(l.args[2], 10, 32)
		if err != nil {
			l.fail("%q is not a length", l.args[2])
			return
		}
		c := table{"name": l.args[0], "len": n}
		if key == "capture_cookie" {
			l.set(key, c)
			return
		}
		all, _ := l.section.Values[key].([]any)
		l.places[fmt.Sprintf("%s.%s[%d]", l.section.Path, key, len(all))] = l.at
		l.set(key, append(all, c))
	}
}

// errorfile adds a page to those of the defaults.
func errorfile(l *line) {
	if len(l.args) != 2 {
		l.fail("it needs a status and a path: write \"errorfile 503 /etc/lbmaster/503.http\"")
		return
	}
	s := l.section
	all, own := s.Values["errorfile"].(table)
	if !own {
		all = table{}
		for b := s.behind; b != nil; b = b.behind {
			if inherited, ok := b.Values["errorfile"].(table); ok {
				for status, path := range inherited {
					all[status] = path
					l.places[s.Path+".errorfile."+status] = l.places.Of(b.Path + ".errorfile." + status)
				}
				break
			}
		}
		l.set("errorfile", all)
	}
	all[l.args[0]] = l.args[1]
	l.places[s.Path+".errorfile."+l.args[0]] = l.at
}

// monitorNet reads networks.
func monitorNet(l *line) {
	if v, ok := l.one("192.168.1.252/31"); ok {
		l.set("monitor_net", []any{value.Network(v)})
	}
}

// defaultBackend: a use_backend without a condition comes first.
func defaultBackend(l *line) {
	if v, ok := l.one("NAME"); ok && !l.section.routed {
		l.set("default_backend", v)
	}
}

func useBackend(l *line) {
	if len(l.args) > 1 {
		l.fail("conditions (%q) are missing here: everything of a frontend goes to one backend. Leaving the line out is not safe: those requests would go to default_backend", strings.Join(l.args[1:], " "))
		return
	}
	if v, ok := l.one("NAME"); ok && !l.section.routed {
		l.section.routed = true
		l.set("default_backend", v)
	}
}
