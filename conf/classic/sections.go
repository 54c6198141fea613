package classic

import (
	"strings"

	"lbmaster/conf/classic/keyword"
	"lbmaster/conf/raw"
)

// header reads a line that begins a section; false when it does not.
func (r *reader) header(at raw.Place, words []string) bool {
	k, _, args := r.keywords.Sections.Find(words)
	if k == nil || r.section != nil && ambiguous(words) {
		return false
	}
	at.Key = words[0]
	r.section, r.skipped = nil, false
	l := &line{reader: r, at: at, keyword: words[0], args: args}
	if k.Verdict == keyword.Refused {
		r.skipped = true
		l.fail("%s", k.Refusal())
		return true
	}
	if words[0] == "global" {
		r.section = r.top
		return true
	}
	l.begin()
	return true
}

// ambiguous says that the first word is a keyword of proxies too.
func ambiguous(words []string) bool { return words[0] == "cache" || words[0] == "log-forward" }

// begin makes a section with a name.
func (l *line) begin() {
	s := &section{kind: l.keyword, at: l.at}
	args := l.args
	if len(args) >= 2 && args[len(args)-2] == "from" {
		s.behind = l.named[args[len(args)-1]]
		if s.behind == nil {
			l.fail("there is no section \"defaults %s\" before this line", args[len(args)-1])
		}
		args = args[:len(args)-2]
	} else if s.kind != "defaults" {
		s.behind = l.reader.defaults
	}
	if len(args) > 0 {
		s.name = args[0]
	}
	switch {
	case s.kind == "defaults" && len(args) > 1, s.kind == "backend" && len(args) > 1:
		l.fail("%q is too much: a name has no blanks", strings.Join(args[1:], " "))
	case s.kind != "defaults" && s.name == "":
		l.fail("it needs a name: write \"%s NAME\"", s.kind)
		s.name = "unnamed"
	}
	s.Section = &raw.Section{Values: table{}}
	if s.behind != nil {
		s.Behind = s.behind.Section
	}
	l.section = s
	l.order = append(l.order, s)
	if s.kind == "defaults" {
		l.beginDefaults(s)
		return
	}
	if s.kind != "backend" && len(args) == 1 && addressed(s.name) && s.kind == "listen" {
		s.address = s.name
		s.name = strings.NewReplacer("*", "", "[", "", "]", "", ",", "_").Replace(s.name)
	}
	s.Path = s.kind + "." + s.name
	l.at.Key = s.kind + " " + s.name
	l.places[s.Path] = l.at
	s.at = l.at
	if len(args) > 1 {
		l.addresses(args[1], args[2:])
	}
}

// beginDefaults makes one of the sections that stand behind others.
func (l *line) beginDefaults(s *section) {
	s.Path = "defaults"
	if s.name != "" {
		s.Path = "defaults " + s.name
		if _, taken := l.named[s.name]; taken {
			l.fail("there is a section \"defaults %s\" already: choose another name", s.name)
		}
		l.named[s.name] = s
	}
	for l.places.Has(s.Path) {
		s.Path += "'" // of several without a name, each has its own places
	}
	l.places[s.Path] = l.at
	l.reader.defaults = s
	l.doc.Defaults = append(l.doc.Defaults, s.Section)
}

// addressed says that a word can be the address of a listen section without a name: it ends with a port.
func addressed(s string) bool {
	i := strings.LastIndexByte(s, ':')
	return i >= 0 && i < len(s)-1 && strings.Trim(s[i+1:], "0123456789-") == ""
}

// finish decides what can only be known at the end.
func (r *reader) finish() {
	r.workers()
	r.finishLogs(r.top)
	globals := len(r.top.logs) > 0
	for _, s := range r.order {
		r.finishLogs(s)
		if s.kind == "defaults" {
			continue
		}
		r.finishSection(s, globals)
		r.doc.Proxies = append(r.doc.Proxies, raw.Proxy{Kind: s.kind, Name: s.name, Section: s.Section})
	}
	r.tellIgnored()
}

func (r *reader) finishSection(s *section, globals bool) {
	l := &line{reader: r, at: s.at}
	r.section = s
	if s.address != "" && !s.bound {
		l.setIn(s.Section, "bind", []any{})
		l.addresses(s.address, nil)
	}
	if globals && s.kind != "backend" && !s.inheritsLog() && s.Values["mode"] != "health" {
		l.note("it has no \"log global\": HAProxy would not log its connections, lbmaster logs them to the targets of global")
	}
}

// inheritsLog says whether a log line holds for the section.
func (s *section) inheritsLog() bool {
	for ; s != nil; s = s.behind {
		if s.logged {
			return len(s.logs) > 0
		}
	}
	return false
}

// tellIgnored warns of all lines that change nothing, at once.
func (r *reader) tellIgnored() {
	if len(r.ignored) == 0 {
		return
	}
	var names []string
	seen := make(map[string]bool)
	for _, i := range r.ignored {
		if !seen[i.what] && len(names) < 20 {
			names = append(names, i.what)
		}
		seen[i.what] = true
		r.doc.Notes = append(r.doc.Notes, raw.Note{Place: i.at, Text: "left out, it changes nothing here"})
	}
	text := strings.Join(names, ", ")
	if more := len(seen) - len(names); more > 0 {
		text += ", and others"
	}
	at := r.ignored[0].at
	at.Key = ""
	r.Warn(at, "left out, since they change nothing here: %s", text)
}

// LooksLikeTOML says whether a text begins as one in TOML does.
func LooksLikeTOML(text string) bool {
	first := firstLine(text)
	words := strings.Fields(first)
	return strings.HasPrefix(first, "[") || len(words) > 1 && words[1] == "=" || len(words) > 0 && strings.Contains(words[0], "=")
}

// Looks says whether a text begins as one in HAProxy's language does.
func Looks(text string) bool {
	words := strings.Fields(firstLine(text))
	if len(words) == 0 || LooksLikeTOML(text) {
		return false
	}
	k, _, _ := keyword.Sections().Find(words)
	return k != nil
}

// firstLine is the first line that is neither empty nor a comment.
func firstLine(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return line
		}
	}
	return ""
}
