package classic

import (
	"fmt"
	"slices"
	"strings"

	"lbmaster/conf/classic/keyword"
	"lbmaster/conf/raw"
)

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
	l.options(l.keywords.Binds, options, nil)
}

// options reads what stands behind an address, word by word, and says whether all is well. Into is the server's table.
func (l *line) options(t *keyword.List, words []string, into *server) (ok bool) {
	ok = true
	for len(words) > 0 {
		k, name, _ := t.Find(words[:1])
		at := l.at
		l.at.Key = at.Key + " " + name
		if k == nil {
			l.at = at
			if near := raw.Nearest(name, t.Names); near != "" {
				l.fail("%q is not known here: did you mean %q?", name, near)
			} else {
				l.fail("%q is not known here", name)
			}
			return false
		}
		takes := min(k.Args, len(words)-1)
		sub := &line{reader: l.reader, at: l.at, keyword: name, args: words[1 : 1+takes]}
		words = words[1+takes:]
		switch {
		case k.Args > takes:
			sub.fail("it needs an argument")
			ok = false
		case k.Verdict == keyword.Refused:
			sub.fail("%s", k.Refusal())
			ok = false
		case k.Verdict == keyword.Ignored:
			sub.ignore()
		case into != nil && into.options[name] != nil:
			into.options[name](sub)
		case l.binds[name].read != nil:
			l.binds[name].read(sub)
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
	s = bracketed(s)
	if _, zone, ok := strings.Cut(s, "%"); ok {
		zone, _, _ = strings.Cut(zone, "]")
		return "", fmt.Errorf("%q: addresses of one link only, with a zone, are missing here: write an address without %%%s", s, zone)
	}
	if host := s[:max(0, strings.LastIndexByte(s, ':'))]; strings.Trim(host, "0123456789.*") != "" && host[0] != '[' && !marked {
		return "", fmt.Errorf("%q: names are not looked up for binds, so that an instance comes up without a name server: write the address of %s", s, host)
	}
	return s, nil
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
