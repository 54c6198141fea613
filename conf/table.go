package conf

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"lbmaster/conf/key"
	"lbmaster/conf/raw"
)

// table is one table of a section that is being read, and the one in the defaults that stands behind it.
type table struct {
	*parser
	path     string    // "listen.webfarm"
	scope    key.Scope // of its keys
	values   map[string]any
	fallback *table // nil: none
}

// find looks a key up, and says in which table it is.
func (t *table) find(name string) (v any, in *table, ok bool) {
	for in = t; in != nil; in = in.fallback {
		if v, ok = in.values[name]; ok {
			return v, in, true
		}
	}
	return nil, t, false
}

func (t *table) key(name string) string { return t.path + "." + name }

// line is where a key of the table, or what stands for it, is written.
func (t *table) line(name string) int { return t.place(name).Line }

// place is that line, with the file and what the key is called there.
func (t *table) place(name string) raw.Place { return t.at(t.key(name)) }

// wrong reports a key's value.
func (t *table) wrong(name, format string, args ...any) {
	t.Fail(t.place(name), format, args...)
}

// get looks a key up that must be of type T. Without it, or with another type, which it reports, it returns otherwise.
func get[T any](t *table, name, want string, otherwise T) (T, *table) {
	v, in, ok := t.find(name)
	if !ok {
		return otherwise, in
	}
	typed, ok := v.(T)
	if !ok {
		in.wrong(name, "%s where %s is expected", raw.KindOf(v), want)
		return otherwise, in
	}
	return typed, in
}

func (t *table) str(name, otherwise string) string {
	s, _ := get(t, name, "a string", otherwise)
	return s
}

func (t *table) boolean(name string) bool {
	b, _ := get(t, name, "true or false", false)
	return b
}

// number reads an integer between low and high.
func (t *table) number(name string, otherwise, low, high int) int {
	n, in := get(t, name, "an integer", int64(otherwise))
	if n != int64(otherwise) && (n < int64(low) || n > int64(high)) {
		in.wrong(name, "%d is out of range: %d to %d", n, low, high)
		return otherwise
	}
	return int(n)
}

// one reads one of a list of words.
func (t *table) one(name, otherwise string, words ...string) string {
	s, in := get(t, name, "a string", otherwise)
	if !slices.Contains(words, s) && s != otherwise {
		in.wrong(name, "%q is not known: write one of %s", s, quoted(words))
		return otherwise
	}
	return s
}

func (t *table) duration(name string, otherwise time.Duration) time.Duration {
	v, in, ok := t.find(name)
	if !ok {
		return otherwise
	}
	d, err := parseDuration(v)
	if err != nil {
		in.wrong(name, "%v", err)
		return otherwise
	}
	return d
}

// strings reads a list of strings; a single one is a list of one. ok is false when the key is not there.
func (t *table) strings(name string) (all []string, in *table, ok bool) {
	v, in, ok := t.find(name)
	if !ok {
		return nil, in, false
	}
	switch v := v.(type) {
	case string:
		if v != "" {
			all = []string{v}
		}
	case []any:
		for _, item := range v {
			s, isString := item.(string)
			if !isString {
				in.wrong(name, "%s where a string is expected", raw.KindOf(item))
				continue
			}
			all = append(all, s)
		}
	default:
		in.wrong(name, "%s where a list of strings is expected", raw.KindOf(v))
	}
	return all, in, true
}

// sub is the table under a key, with its keys checked. ok is false when it is written nowhere; then it is empty.
func (t *table) sub(name string, scope key.Scope) (sub *table, ok bool) {
	sub = &table{parser: t.parser, path: t.key(name), scope: scope}
	if t.fallback != nil {
		if behind, found := t.fallback.sub(name, scope); found {
			sub.fallback, ok = behind, true
		}
	}
	v, found := t.values[name]
	if !found {
		return sub, ok
	}
	values, isTable := v.(map[string]any)
	if !isTable {
		t.wrong(name, "%s where a table is expected, like { %s = ... }", raw.KindOf(v), key.Names(scope)[0])
		return sub, ok
	}
	sub.values = values
	sub.checkKeys("")
	return sub, true
}

// checkKeys reports keys that do not exist. The name of the section kind tells what the table is.
func (t *table) checkKeys(section string) {
	var all []string
	for name := range t.values {
		if !key.Known(name, t.scope) {
			all = append(all, name)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(t.line(a)-t.line(b), strings.Compare(a, b)) })
	for _, name := range all {
		if t.Full() {
			return
		}
		t.unknown(name, section)
	}
}

// unknown reports a key that does not exist here.
func (t *table) unknown(name, section string) {
	switch {
	case section == "backend" && key.Known(name, key.InFrontend):
		t.wrong(name, "this %s belongs to a frontend or listen section", t.words.Keyword)
		return
	case section == "frontend" && key.Known(name, key.InBackend):
		t.wrong(name, "this %s belongs to a backend or listen section", t.words.Keyword)
		return
	}
	known := key.Names(t.scope)
	if near := raw.Nearest(name, known); near != "" {
		t.wrong(name, "unknown key: did you mean %q?", near)
		return
	}
	t.wrong(name, "unknown key: known here are %s", strings.Join(known, ", "))
}

func quoted(words []string) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = `"` + w + `"`
	}
	return strings.Join(all, ", ")
}
