package classic

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"lbmaster/conf/raw"
)

// words is how things are written in this language.
var words = raw.Words{
	Keyword:       "keyword",
	BindForms:     `write addr:port, :port, *:port, [v6]:port, addr:8000-8003, unix@/path, fd@N or fd@NAME`,
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
	AddUser:       "user NAME",
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

// duration is one with a time, in milliseconds unless it has a unit.
func duration(key string) func(*line) {
	return func(l *line) {
		v, ok := l.one("5s")
		if !ok {
			return
		}
		d, err := parseTime(v)
		if err != nil {
			l.fail("%v", err)
			return
		}
		l.set(key, d)
	}
}

// on turns a key on or off whatever the words are.
func always(key string, value any) func(*line) { return func(l *line) { l.set(key, value) } }

// longest is the longest time; more overflows.
const longest = 366 * 24 * time.Hour

// parseTime reads a time as HAProxy does, and writes it as the tables have it.
func parseTime(s string) (string, error) {
	i := 0
	for i < len(s) && digit(s[i]) {
		i++
	}
	unit, known := map[string]time.Duration{"": time.Millisecond, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[s[i:]]
	n, err := strconv.ParseInt(s[:i], 10, 64)
	switch {
	case !known || err != nil && i == 0:
		return "", fmt.Errorf("%q is not a time: write a number of milliseconds, or a number with one of the units us, ms, s, m, h, d, as in 5s", s)
	case err != nil || n > int64(longest/unit):
		return "", fmt.Errorf("%q is too long: at most 366d are possible", s)
	}
	d := time.Duration(n) * unit
	if d%time.Millisecond != 0 {
		d += time.Millisecond - d%time.Millisecond
	}
	return writeTime(d), nil
}

// writeTime is a duration in the fewest units.
func writeTime(d time.Duration) string {
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if d != 0 && d%u.unit == 0 {
			return fmt.Sprintf("%d%s", d/u.unit, u.name)
		}
	}
	return fmt.Sprintf("%dms", d/time.Millisecond)
}

// timeout is one of the timeout keywords, new or old.
func timeout(key string) func(*line) {
	return func(l *line) {
		v, ok := l.one("5s")
		if !ok {
			return
		}
		d, err := parseTime(v)
		if err != nil {
			l.fail("%v", err)
			return
		}
		all, _ := l.section.Values["timeout"].(table)
		if all == nil {
			all = table{}
			l.set("timeout", all)
		}
		all[key] = d
		l.places[l.section.Path+".timeout."+key] = l.at
	}
}

// bind reads addresses and what stands behind them.
func bind(l *line) {
	if len(l.args) == 0 {
		l.fail("it needs an address: %s", words.BindForms)
		return
	}
	l.addresses(l.args[0], l.args[1:])
}

// addresses adds addresses to the binds of the section.
func (l *line) addresses(text string, options []string) {
	s := l.section
	s.bound = true
	v6only := slices.Contains(options, "v6only")
	all, _ := s.Values["bind"].([]any)
	for item := range strings.SplitSeq(text, ",") {
		address, err := bindAddress(item)
		if err != nil {
			l.fail("%v", err)
			continue
		}
		if slices.Contains(s.both, address) {
			continue // the bind for IPv6 has it
		}
		all = append(all, address)
		if port, wide := strings.CutPrefix(address, "[::]:"); wide && !v6only {
			if both := "*:" + port; !slices.Contains(all, any(both)) && !slices.Contains(all, any(":"+port)) {
				all = append(all, both) // it takes IPv4 as well
				s.both = append(s.both, both, ":"+port, "0.0.0.0:"+port)
			}
		}
	}
	l.set("bind", all)
	l.options(l.binds, options, nil)
}

// options reads what stands behind an address, word by word, and says whether all is well. Into is the server's table.
func (l *line) options(t *list, words []string, into *server) (ok bool) {
	ok = true
	for len(words) > 0 {
		k, name, _ := t.find(words[:1])
		at := l.at
		l.at.Key = at.Key + " " + name
		if k == nil {
			l.at = at
			if near := raw.Nearest(name, t.names); near != "" {
				l.fail("%q is not known here: did you mean %q?", name, near)
			} else {
				l.fail("%q is not known here", name)
			}
			return false
		}
		takes := min(k.args, len(words)-1)
		sub := &line{reader: l.reader, at: l.at, keyword: name, args: words[1 : 1+takes]}
		words = words[1+takes:]
		switch {
		case k.args > takes:
			sub.fail("it needs an argument")
			ok = false
		case k.verdict == Refused:
			sub.fail("%s", k.refusal())
			ok = false
		case k.verdict == Ignored:
			sub.ignore()
		case into != nil && into.options[name] != nil:
			into.options[name](sub)
		case k.read != nil:
			k.read(sub)
		}
		l.at = at
	}
	return ok
}

// bindAddress writes an address as the tables have it.
func bindAddress(s string) (string, error) {
	if path, ok := unixPath(s); ok {
		return "unix:" + path, nil
	}
	family, rest, marked := strings.Cut(s, "@")
	switch {
	case !marked || family == "fd":
	case family == "ipv4" || family == "tcp4" || family == "ipv6" || family == "tcp6" || family == "tcp":
		s = rest
	default:
		return "", fmt.Errorf("%q: addresses of the kind %s@ are missing here: %s", s, family, words.BindForms)
	}
	return bracketed(s), nil
}

// unixPath is the path of an address that is one.
func unixPath(s string) (string, bool) {
	if path, ok := strings.CutPrefix(s, "unix@"); ok {
		return path, true
	}
	return s, strings.HasPrefix(s, "/")
}

// bracketed puts an IPv6 address before a port into brackets: the last colon is the port's.
func bracketed(s string) string {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 || strings.IndexByte(s[:i], ':') < 0 || s[0] == '[' {
		return s
	}
	return "[" + s[:i] + "]" + s[i:]
}

// serverAddress writes the address of a server as the tables have it.
func serverAddress(s string) (string, error) {
	if path, ok := unixPath(s); ok {
		return "unix:" + path, nil
	}
	family, rest, marked := strings.Cut(s, "@")
	switch {
	case !marked:
	case family == "ipv4" || family == "ipv6" || family == "tcp" || family == "tcp4" || family == "tcp6":
		s = rest
	default:
		return "", fmt.Errorf("%q: addresses of the kind %s@ are missing here: %s", s, family, words.ServerForms)
	}
	s = strings.TrimSuffix(bracketed(s), ":0")
	host := strings.TrimSuffix(s, "]")
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host = s[:i]
	}
	if host = strings.Trim(host, "[]"); host == "0.0.0.0" || host == "*" || host == "::" {
		return "", fmt.Errorf("%q: passing on to the address that the client connected to is missing here: write the server's own", s)
	}
	return s, nil
}

// dispatch reads the fixed target.
func dispatch(l *line) {
	if v, ok := l.one("ADDRESS:PORT"); ok {
		a, err := serverAddress(v)
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

// httpchk reads the request of health checks.
func httpchk(l *line) {
	request := []string{"OPTIONS", "/", "HTTP/1.0"}
	switch len(l.args) {
	case 0:
	case 1:
		request[1] = l.args[0]
	case 2, 3:
		copy(request, l.args)
	default:
		l.fail("%d words: write option httpchk METHOD URI VERSION", len(l.args))
		return
	}
	for i, word := range request {
		if i == 2 && strings.ContainsAny(word, "\r\n") {
			l.fail("fields in the request of a check are missing here: the version is HTTP/1.0 or HTTP/1.1. Leaving them out is safe if the server does not need them, as it would need Host")
			return
		}
		if strings.ContainsAny(word, " \t\r\n") || word == "" {
			l.fail("%q has a blank in it, or is empty: the request of a check has three words", word)
			return
		}
	}
	l.set("httpchk", strings.Join(request, " "))
}

// checkSend reads the newer way to write the request.
func checkSend(l *line) {
	request := table{"meth": "OPTIONS", "uri": "/", "ver": "HTTP/1.0"}
	for args := l.args; len(args) > 0; args = args[2:] {
		if _, ok := request[args[0]]; !ok || len(args) < 2 {
			l.fail("%q is missing here: write http-check send meth METHOD uri URI ver VERSION. Leaving it out is safe if the server does not need it", args[0])
			return
		}
		request[args[0]] = args[1]
	}
	l.args = []string{request["meth"].(string), request["uri"].(string), request["ver"].(string)}
	httpchk(l)
}

// checkExpect takes what is so anyway.
func checkExpect(l *line) {
	if got := strings.Join(l.args, " "); got != "status 200-399" {
		l.fail("%q is missing here: a server is up when it answers 2xx or 3xx. Leaving it out is safe if every other status means that it is down", got)
	}
}

// redispatch: with a number, it would be done at other retries too.
func redispatch(l *line) {
	l.set("redispatch", !l.no)
	if !l.no && len(l.args) > 0 && l.args[0] != "-1" {
		l.note("%q: another server is tried at the last retry, not before", l.args[0])
	}
}

// forwardfor has no variants yet.
func forwardfor(l *line) {
	if !l.no && len(l.args) > 0 {
		l.fail("%q is missing here: the field is X-Forwarded-For, and added to every request. Leaving it out is safe if servers read the last field of this name only", l.args[0])
		return
	}
	l.set("forwardfor", !l.no)
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
		if network, bits, long := strings.Cut(v, "/"); long && strings.Contains(bits, ".") {
			v = network + "/" + maskBits(bits)
		}
		l.set("monitor_net", []any{v})
	}
}

// maskBits is the length of a mask such as 255.255.255.0, or the mask itself when it is none.
func maskBits(mask string) string {
	ip, err := netip.ParseAddr(mask)
	if err != nil || !ip.Is4() {
		return mask
	}
	b := ip.As4()
	digits := strings.TrimRight(fmt.Sprintf("%08b%08b%08b%08b", b[0], b[1], b[2], b[3]), "0")
	if strings.Contains(digits, "0") {
		return mask
	}
	return strconv.Itoa(len(digits))
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
