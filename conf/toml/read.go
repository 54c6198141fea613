// Package toml reads and writes the syntax of lbmaster's own language: text in TOML on one side, raw tables on the other. It is pure.
package toml

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"lbmaster/conf/raw"
)

// reader makes a document of one TOML text.
type reader struct {
	*raw.Findings
	lines keyLines
}

// Read reads a text; nil when it is not TOML at all. The name is that of the file, for the messages.
func Read(name, text string, f *raw.Findings) *raw.Document {
	if line, why := tooDeep(text); line > 0 {
		f.Fail(raw.Place{File: name, Line: line}, "%s", why)
		return nil
	}
	r := &reader{f, keyLines{name, indexLines(text)}}
	var root map[string]any
	meta, err := toml.Decode(text, &root)
	if err != nil {
		r.syntax(name, err)
		return nil
	}
	r.unknownSections(root)
	d := &raw.Document{Global: r.section(root, "global"), Admin: r.section(root, "admin"), Origin: r.lines, Words: words}
	defaults := r.section(root, "defaults")
	for _, key := range proxies(meta.Keys()) {
		if s := r.proxy(root, key[0], key[1]); s != nil {
			s.Behind = defaults
			d.Proxies = append(d.Proxies, raw.Proxy{Kind: key[0], Name: key[1], Section: s})
		}
	}
	d.Defaults = append(d.Defaults, defaults)
	return d
}

// keyLines is the origin of the keys of one text.
type keyLines struct {
	file  string
	lines lines
}

func (k keyLines) Of(key string) raw.Place {
	return raw.Place{File: k.file, Line: k.lines.of(key), Key: key}
}

func (k keyLines) Has(key string) bool {
	_, ok := k.lines[key]
	return ok
}

const bindForms = `write "addr:port", ":port", "*:port", "[v6]:port", "addr:8000-8003", "unix:/path", "fd@N" or "fd@NAME"`

// words is how things are written in TOML.
var words = raw.Words{
	Keyword:       "key",
	BindForms:     bindForms,
	NoBind:        "missing: " + bindForms,
	ServerForms:   `write "host:port", "[v6]:port", "host" or "host:+N" for the port that the client connected to, or "unix:/path"`,
	LogForms:      `write "addr:port facility level", "unix:/path facility level", "stdout" or "stderr"`,
	SourceForms:   `write "addr" or "addr:port"`,
	Listens:       "there is no section that listens: write [listen.NAME], or [frontend.NAME] and [backend.NAME]",
	NoServer:      "no server: write [[%s.server]] with a name and an address",
	NoBackend:     "write [backend.%s]",
	BackendName:   "missing: a frontend needs the name of a backend",
	OwnBackend:    "a listen section is its own backend: write [frontend.%s] instead, or leave this out",
	ModeHTTP:      `mode = "http"`,
	CookieRewrite: `mode "rewrite"`,
	CookiePrefix:  `mode "prefix"`,
	CookieInsert:  `mode "insert"`,
	CheckPort:     "check_port",
	Chk:           `write "METHOD URI VERSION", such as "HEAD /index.html HTTP/1.0"`,
	GlobalMaxconn: "global.maxconn",
}

// syntax reports a text that is not TOML.
func (r *reader) syntax(name string, err error) {
	var e toml.ParseError
	if errors.As(err, &e) {
		message := e.Message
		if message == "" {
			message = strings.TrimPrefix(e.Error(), "toml: ")
		}
		r.Fail(raw.Place{File: name, Line: e.Position.Line, Key: e.LastKey}, "%s", message)
		return
	}
	r.Fail(raw.Place{File: name}, "%v", err)
}

// sections are the kinds of tables at the top of a file.
var sections = []string{"global", "admin", "defaults", "listen", "frontend", "backend"}

func (r *reader) unknownSections(root map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(root)) {
		switch {
		case slices.Contains(sections, name):
		case r.Full():
			return
		default:
			r.unknownSection(name)
		}
	}
}

func (r *reader) unknownSection(name string) {
	at := raw.Place{File: r.lines.file, Line: r.lines.lines.first(name), Key: name}
	if near := raw.Nearest(name, sections); near != "" {
		r.Fail(at, "unknown section: did you mean %q?", near)
		return
	}
	r.Fail(at, "unknown section: known are %s", strings.Join(sections, ", "))
}

// section is one of the tables at the top that have no name.
func (r *reader) section(root map[string]any, name string) *raw.Section {
	s := &raw.Section{Path: name}
	v, ok := root[name]
	if !ok {
		return s
	}
	values, ok := v.(map[string]any)
	if !ok {
		r.Fail(r.lines.Of(name), "%s where a section is expected: write [%s]", raw.KindOf(v), name)
		return s
	}
	s.Values = values
	return s
}

// proxy is one of those that have a name; nil when it is no table.
func (r *reader) proxy(root map[string]any, kind, name string) *raw.Section {
	path := kind + "." + name
	group, _ := root[kind].(map[string]any)
	values, ok := group[name].(map[string]any)
	if !ok {
		r.Fail(r.lines.Of(path), "%s where a section is expected: write [%s.NAME]", raw.KindOf(group[name]), kind)
		return nil
	}
	return &raw.Section{Path: path, Values: values}
}

// proxies are the listen, frontend and backend sections in the order in which they are written.
func proxies(order []toml.Key) []toml.Key {
	var all []toml.Key
	seen := make(map[[2]string]bool)
	for _, key := range order {
		if len(key) < 2 || !slices.Contains(sections[3:], key[0]) {
			continue
		}
		if name := [2]string(key[:2]); !seen[name] {
			seen[name] = true
			all = append(all, key[:2])
		}
	}
	return all
}
