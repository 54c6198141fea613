// Package classic reads HAProxy's language: lines of words, in sections. It fills the same tables as the reader of TOML does, and knows of
// every keyword what becomes of it. It is pure: it opens no file, and gets the environment as a function.
package classic

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"lbmaster/conf/classic/keyword"
	"lbmaster/conf/classic/lexer"
	"lbmaster/conf/raw"
)

// File is one file of a configuration.
type File struct {
	Name string
	Text string
}

// Read makes one document of files, which are read one behind the other. What is wrong goes to the findings.
func Read(files []File, getenv func(string) (string, bool), f *raw.Findings) *raw.Document {
	r := &reader{Findings: f, keywords: keyword.New(), readings: newReadings(), environ: &environ{getenv, map[string]*string{}}, places: places{}, named: map[string]*section{}}
	r.doc = &raw.Document{Global: &raw.Section{Path: "global", Values: table{}}, Admin: &raw.Section{Path: "admin", Values: table{}}, Origin: r.places, Words: words}
	r.top = &section{kind: "global", Section: r.doc.Global}
	for _, file := range files {
		r.file(file)
	}
	r.finish()
	return r.doc
}

type table = map[string]any

// reader reads the lines of all files.
type reader struct {
	*raw.Findings
	*readings
	keywords *keyword.Lists
	environ  *environ
	doc      *raw.Document
	places   places
	top      *section // that of global
	section  *section // that of the current line; nil: none, or one that is not read
	skipped  bool     // the lines of this section have been refused with its header
	defaults *section // the latest
	named    map[string]*section
	order    []*section // in their order, without global
	ignored  []ignored
	nbproc   int64
	nbthread int64
}

// section is one section that is being filled.
type section struct {
	kind string // "global", "defaults", "listen", "frontend" or "backend"
	name string
	*raw.Section
	at            raw.Place
	behind        *section
	address       string   // what may be the address of a listen without a name
	bound         bool     // there is a bind
	both          []string // addresses for IPv4 that a bind for IPv6 has brought
	routed        bool     // use_backend has said where to
	servers       int
	defaultServer []string
	logs          []string // targets; logGlobal stands for those of global
	logged        bool     // logs are its own
}

// ignored is a line that changes nothing.
type ignored struct {
	at   raw.Place
	what string
}

// line is one line with something on it.
type line struct {
	*reader
	at      raw.Place // with the keyword as it is written
	keyword string    // as the table has it
	args    []string  // behind the keyword
	no      bool      // "no" stands before the keyword
}

// places knows where the keys of the document are written.
type places map[string]raw.Place

// Of is the place of a key, or of the nearest one around it.
func (p places) Of(key string) raw.Place {
	for {
		if at, ok := p[key]; ok {
			return at
		}
		dot := strings.LastIndexByte(key, '.')
		if dot < 0 {
			return raw.Place{}
		}
		key = key[:dot]
	}
}

// Has says whether a key is written.
func (p places) Has(key string) bool { _, ok := p[key]; return ok }

func (r *reader) file(f File) {
	if len(r.places) == 0 {
		r.places[""] = raw.Place{File: f.Name}
	}
	if LooksLikeTOML(f.Text) {
		r.Fail(raw.Place{File: f.Name}, "this is not HAProxy's language but TOML, lbmaster's own: use -c instead of -f")
		return
	}
	n := 0
	for text := range strings.Lines(f.Text) {
		n++
		r.line(raw.Place{File: f.Name, Line: n}, strings.TrimRight(text, "\r\n"))
		if r.Full() {
			return
		}
	}
}

func (r *reader) line(at raw.Place, text string) {
	if strings.IndexByte(text, 0) >= 0 {
		r.Fail(at, "a line cannot have a NUL byte")
		return
	}
	words, err := lexer.Words(text, r.environ.get)
	switch {
	case err != nil:
		r.Fail(at, "%v", err)
	case len(words) == 0:
	case !utf8.ValidString(strings.Join(words, "")):
		r.Fail(at, "it is not UTF-8: comments may have any bytes, words may not")
	case r.header(at, words):
	case r.skipped:
	case r.section == nil:
		at.Key = words[0]
		r.Fail(at, "it stands before the first section: begin with a line such as \"global\", \"defaults\" or \"listen NAME\"")
	default:
		r.statement(at, words)
	}
}

// statement reads a line of a section.
func (r *reader) statement(at raw.Place, words []string) {
	l := &line{reader: r, at: at}
	if len(words) > 1 && (words[0] == "no" || words[0] == "default" && words[1] == "option") {
		l.no = true
		words = words[1:]
	}
	k, name, rest := r.keywords.Section(r.section.kind).Find(words)
	l.at.Key, l.keyword, l.args = name, name, rest
	if k == nil {
		l.unknown(words)
		return
	}
	if l.no {
		l.at.Key = "no " + name
	}
	l.decide(k)
}

// decide does with the line what the table says.
func (l *line) decide(k *keyword.Row) {
	done := l.of(l.section.kind)[k.Name]
	switch {
	case k.In != 0 && k.In&keyword.Sides[l.section.kind] == 0:
		l.fail("it belongs to sections of another kind (%s), not to a %s", k.In, l.section.kind)
	case k.Verdict == keyword.Refused && l.no:
		l.ignore() // what is not there is not wanted either
	case k.Verdict == keyword.Refused:
		l.fail("%s", k.Refusal())
	case k.Verdict == keyword.Ignored, k.OfFrontends && l.section.kind == "backend":
		l.ignore()
	case l.no && done.no == nil && k.Flag == "" && !k.Quiet:
		l.fail("it cannot have \"no\" before it")
	case k.Flag != "":
		l.flag(k.Flag)
	case k.Quiet:
		nothing(l)
	case l.no:
		done.no(l)
	case done.read != nil:
		done.read(l)
	}
}

func (l *line) fail(format string, args ...any) { l.Fail(l.at, format, args...) }

// ignore notes a line that changes nothing.
func (l *line) ignore() { l.reader.ignored = append(l.reader.ignored, ignored{l.at, l.at.Key}) }

// note says what has been decided about a line, as a warning and in the configuration that is printed.
func (l *line) note(format string, args ...any) {
	l.Warn(l.at, format, args...)
	l.doc.Notes = append(l.doc.Notes, raw.Note{Place: l.at, Section: l.section.Path, Text: fmt.Sprintf(format, args...)})
}

// set gives a key of the section its value.
func (l *line) set(key string, value any) { l.setIn(l.section.Section, key, value) }

func (l *line) setIn(s *raw.Section, key string, value any) {
	s.Values[key] = value
	l.places[s.Path+"."+key] = l.at
}

// flag is a line that turns something on or off.
func (l *line) flag(key string) {
	if l.none() {
		l.set(key, !l.no)
	}
}

// none reports arguments where there are none.
func (l *line) none() bool {
	if len(l.args) > 0 {
		l.fail("%q is too much: nothing stands behind %s", strings.Join(l.args, " "), l.at.Key)
	}
	return len(l.args) == 0
}

// one is the only argument. Example shows what it may be.
func (l *line) one(example string) (string, bool) {
	if len(l.args) != 1 {
		l.fail("it needs one argument: write \"%s %s\"", l.at.Key, example)
		return "", false
	}
	return l.args[0], true
}

// unknown reports a keyword that nobody has.
func (l *line) unknown(words []string) {
	known := l.keywords.Section(l.section.kind).Names
	if l.Full() {
		return
	}
	text := words[0]
	if (text == "option" || text == "timeout" || text == "stats" || text == "http-check" || text == "capture") && len(words) > 1 {
		text += " " + words[1]
	}
	l.at.Key = text
	if k, name, _ := l.keywords.Other(l.section.kind).Find(words); k != nil {
		l.at.Key = name
		if l.section.kind == "global" {
			l.fail("it belongs to a section of the kind defaults, listen, frontend or backend, not to global")
			return
		}
		l.fail("it belongs to global, not to a section of the kind %s", l.section.kind)
		return
	}
	if near := raw.Nearest(text, known); near != "" {
		l.fail("unknown keyword: did you mean %q?", near)
		return
	}
	l.fail("unknown keyword in a section of kind %s: docs/haproxy-keywords.md lists those that HAProxy has, and what becomes of each", l.section.kind)
}
