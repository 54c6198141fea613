package toml

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lbmaster/conf/key"
	"lbmaster/conf/raw"
)

// Write writes a document as a file in TOML. What stands behind sections is written into them, unless one section stands behind all.
func Write(d *raw.Document) []byte {
	w := &writer{notes: slices.Clone(d.Notes)}
	w.comments("")
	w.section("[global]", "global", d.Global.Values)
	w.section("[admin]", "admin", d.Admin.Values)
	shared := sharedDefaults(d)
	if shared != nil {
		w.section("[defaults]", shared.Path, shared.Values)
	}
	for _, p := range d.Proxies {
		values := p.Values
		if shared == nil {
			values = merged(p.Section, key.InSection(p.Kind))
		}
		w.proxy(p, values)
	}
	for _, note := range w.notes { // of sections that are not written, such as a second one of defaults
		w.comment(note)
	}
	return []byte(w.b.String())
}

// sharedDefaults is the section that stands behind all others, with nothing behind itself; nil: there is none.
func sharedDefaults(d *raw.Document) *raw.Section {
	var shared *raw.Section
	for i, p := range d.Proxies {
		if i > 0 && p.Behind != shared || p.Behind == nil || p.Behind.Behind != nil {
			return nil
		}
		shared = p.Behind
	}
	return shared
}

// merged is all that holds for a section, without keys that it cannot have.
func merged(s *raw.Section, where key.Scope) map[string]any {
	if s == nil {
		return nil
	}
	values := maps.Clone(merged(s.Behind, where))
	if values == nil {
		values = make(map[string]any)
	}
	maps.DeleteFunc(values, func(name string, _ any) bool { return !key.Known(name, where) })
	for name, v := range s.Values {
		own, isTable := v.(map[string]any)
		behind, both := values[name].(map[string]any)
		if isTable && both && name == "timeout" {
			all := maps.Clone(behind)
			maps.Copy(all, own)
			v = all
		}
		values[name] = v
	}
	return values
}

// writer writes one file.
type writer struct {
	b     strings.Builder
	notes []raw.Note // not written yet
}

// comments writes what has been decided in a section.
func (w *writer) comments(path string) {
	w.notes = slices.DeleteFunc(w.notes, func(n raw.Note) bool {
		if n.Section == path {
			w.comment(n)
		}
		return n.Section == path
	})
}

func (w *writer) comment(n raw.Note) {
	fmt.Fprintf(&w.b, "# %s\n", strings.Join(strings.Fields(raw.Escape(fmt.Sprintf("%s:%d: %s: %s", n.File, n.Line, n.Key, n.Text))), " "))
}

func (w *writer) section(header, path string, values map[string]any) {
	if len(values) == 0 {
		return
	}
	w.b.WriteString("\n")
	w.comments(path)
	w.b.WriteString(header + "\n")
	w.keys(values)
}

// keys writes the values in the order in which the language has its keys, but not the servers.
func (w *writer) keys(values map[string]any) {
	for _, name := range ordered(values) {
		if _, servers := values[name].([]map[string]any); !servers {
			fmt.Fprintf(&w.b, "%s = %s\n", bare(name), value(values[name]))
		}
	}
}

func (w *writer) proxy(p raw.Proxy, values map[string]any) {
	header := p.Kind + "." + bare(p.Name)
	w.b.WriteString("\n")
	w.comments(p.Path)
	fmt.Fprintf(&w.b, "[%s]\n", header)
	w.keys(values)
	servers, _ := values["server"].([]map[string]any)
	for _, s := range servers {
		fmt.Fprintf(&w.b, "\n[[%s.server]]\n", header)
		w.keys(s)
	}
}

// ordered are the names of a table's keys: the order is that of the keys of the language.
func ordered(values map[string]any) []string {
	rank := func(name string) int { return key.Rank(name, key.Anywhere) }
	if _, named := values["name"]; named {
		rank = func(name string) int { // of servers, cookies and captures: the name first
			if name == "name" {
				return -1
			}
			return key.Rank(name, key.InServer|key.InCookie|key.InCapture)
		}
	}
	return slices.SortedFunc(maps.Keys(values), func(a, b string) int { return cmp.Or(rank(a)-rank(b), strings.Compare(a, b)) })
}

// bare is a key as it is, or in quotes where it needs them.
func bare(name string) string {
	for i := range len(name) {
		c := name[i]
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '-') {
			return quote(name)
		}
	}
	if name == "" {
		return `""`
	}
	return name
}

// quote writes a basic string of TOML.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

// value writes any value on one line.
func value(v any) string {
	switch v := v.(type) {
	case string:
		return quote(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case []any:
		all := make([]string, len(v))
		for i, item := range v {
			all[i] = value(item)
		}
		return "[" + strings.Join(all, ", ") + "]"
	case map[string]any:
		var all []string
		for _, name := range ordered(v) {
			all = append(all, bare(name)+" = "+value(v[name]))
		}
		return "{ " + strings.Join(all, ", ") + " }"
	}
	panic(fmt.Sprintf("conf: no reader makes a %T", v))
}
