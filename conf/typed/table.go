package typed

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"lbmaster/conf/key"
	"lbmaster/conf/raw"
)

// Table is one table of a section that is being read, and the one in the defaults that stands behind it.
type Table struct {
	*Reader
	Path     string    // "listen.webfarm"
	Scope    key.Scope // of its keys
	Values   map[string]any
	fallback *Table // nil: none
}

// Find looks a key up, and says in which table it is.
func (t *Table) Find(name string) (v any, in *Table, ok bool) {
	for in = t; in != nil; in = in.fallback {
		if v, ok = in.Values[name]; ok {
			return v, in, true
		}
	}
	return nil, t, false
}

// Key is what the key of that name is called in the whole document.
func (t *Table) Key(name string) string { return t.Path + "." + name }

// Line is where a key of the table, or what stands for it, is written.
func (t *Table) Line(name string) int { return t.Place(name).Line }

// Place is that line, with the file and what the key is called there.
func (t *Table) Place(name string) raw.Place { return t.At(t.Key(name)) }

// Wrong reports a key's value.
func (t *Table) Wrong(name, format string, args ...any) {
	t.Fail(t.Place(name), format, args...)
}

// Get looks a key up that must be of type T. Without it, or with another type, which it reports, it returns otherwise.
func Get[T any](t *Table, name, want string, otherwise T) (T, *Table) {
	v, in, ok := t.Find(name)
	if !ok {
		return otherwise, in
	}
	typed, ok := v.(T)
	if !ok {
		in.Wrong(name, "%s where %s is expected", raw.KindOf(v), want)
		return otherwise, in
	}
	return typed, in
}

// Sub is the table under a key, with its keys checked. ok is false when it is written nowhere; then it is empty.
func (t *Table) Sub(name string, scope key.Scope) (sub *Table, ok bool) {
	sub = t.Inside(name, scope, nil)
	if t.fallback != nil {
		if behind, found := t.fallback.Sub(name, scope); found {
			sub.fallback, ok = behind, true
		}
	}
	v, found := t.Values[name]
	if !found {
		return sub, ok
	}
	values, isTable := v.(map[string]any)
	if !isTable {
		t.Wrong(name, "%s where a table is expected, like { %s = ... }", raw.KindOf(v), key.Names(scope)[0])
		return sub, ok
	}
	sub.Values = values
	sub.CheckKeys("")
	return sub, true
}

// Tables reads a list of tables, each with its keys checked. Example shows what one looks like.
func (t *Table) Tables(name string, scope key.Scope, example string) (all []*Table, in *Table) {
	v, in, ok := t.Find(name)
	if !ok {
		return nil, in
	}
	for i, values := range raw.Tables(v) {
		sub := in.Inside(name+"["+strconv.Itoa(i)+"]", scope, values)
		sub.CheckKeys("")
		all = append(all, sub)
	}
	if list, isList := v.([]any); len(all) == 0 && !(isList && len(list) == 0) {
		in.Wrong(name, "%s where a list of tables is expected, like [%s]", raw.KindOf(v), example)
	}
	return all, in
}

// Inside is the table of a key, with nothing behind it. Its keys are not checked yet.
func (t *Table) Inside(name string, scope key.Scope, values map[string]any) *Table {
	return &Table{Reader: t.Reader, Path: t.Key(name), Scope: scope, Values: values}
}

// CheckKeys reports keys that do not exist. The name of the section kind tells what the table is.
func (t *Table) CheckKeys(section string) {
	var all []string
	for name := range t.Values {
		if !key.Known(name, t.Scope) {
			all = append(all, name)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(t.Line(a)-t.Line(b), strings.Compare(a, b)) })
	for _, name := range all {
		if t.Full() {
			return
		}
		t.unknown(name, section)
	}
}

// unknown reports a key that does not exist here.
func (t *Table) unknown(name, section string) {
	switch {
	case section == "backend" && key.Known(name, key.InFrontend):
		t.Wrong(name, "this %s belongs to a frontend or listen section", t.Words.Keyword)
		return
	case section == "frontend" && key.Known(name, key.InBackend):
		t.Wrong(name, "this %s belongs to a backend or listen section", t.Words.Keyword)
		return
	}
	known := key.Names(t.Scope)
	if near := raw.Nearest(name, known); near != "" {
		t.Wrong(name, "unknown key: did you mean %q?", near)
		return
	}
	t.Wrong(name, "unknown key: known here are %s", strings.Join(known, ", "))
}
