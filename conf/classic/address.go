package classic

import (
	"slices"
	"strings"

	"lbmaster/conf/classic/keyword"
	"lbmaster/conf/classic/value"
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
		address, err := value.Bind(item, words.BindForms)
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
