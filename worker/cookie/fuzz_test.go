package cookie

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// element is what the fuzz target compares: one cookie, attribute or other non-empty element.
type element struct {
	text            string
	match, attached bool // it is the cookie looked for, or an attribute of some cookie
}

func elements(field []byte, name string) []element {
	var all []element
	for l := (list{field: field}); l.next(); {
		if !l.empty() {
			all = append(all, element{string(field[l.start:l.end]), l.is(name), l.attribute()})
		}
	}
	return all
}

// kept is what should stay of all, by a second way of saying it: a match goes, with what is attached to it.
func kept(all []element) []element {
	var some []element
	for i, e := range all {
		owner := i
		for owner > 0 && all[owner].attached && !all[owner].match {
			owner--
		}
		if !e.match && !all[owner].match {
			some = append(some, e)
		}
	}
	return some
}

func FuzzCookie(f *testing.F) {
	for _, c := range fields {
		f.Add([]byte(c.field), "SRV")
	}
	f.Add([]byte("$Path=/; $x=1; $Path=/"), "$x")
	f.Add([]byte("=1; =2"), "")
	f.Fuzz(func(t *testing.T, field []byte, name string) {
		before := bytes.Clone(field)
		prefix := []byte("prefix")
		value, found := find(field, name)
		out, removed := AppendWithout(prefix, field, name)
		if !bytes.Equal(field, before) || !bytes.HasPrefix(out, prefix) {
			t.Fatalf("field is %q, out %q", field, out)
		}
		rest := out[len(prefix):]
		if removed != found || len(rest) > len(field) {
			t.Fatalf("found %v, removed %v, %d bytes became %d", found, removed, len(field), len(rest))
		}
		if !found && !bytes.Equal(rest, field) {
			t.Fatalf("nothing was removed, but %q became %q", field, rest)
		}
		if value, ok := find(rest, name); ok {
			t.Fatalf("%q is still in %q", value, rest)
		}
		if len(value) > 0 && (blank(value[0]) || blank(value[len(value)-1])) {
			t.Fatalf("value %q has blanks around it", value)
		}
		if got, want := elements(rest, name), kept(elements(field, name)); !slices.Equal(got, want) {
			t.Fatalf("%q became %q: elements %v, want %v", field, rest, got, want)
		}
		if removed && len(rest) > 0 && (outside(rest[0]) || outside(rest[len(rest)-1])) {
			t.Fatalf("%q became %q", field, rest)
		}
	})
}

// outside says whether a well-formed list neither begins nor ends with c.
func outside(c byte) bool { return blank(c) || separates(c) }

// FuzzList reads a field with the list and with the grammar.
func FuzzList(f *testing.F) {
	for _, c := range fields {
		f.Add([]byte(c.field))
	}
	for _, c := range setCookies {
		f.Add([]byte(c.setCookie))
	}
	f.Fuzz(func(t *testing.T, field []byte) {
		all := parse(field)
		if join(all) != string(field) {
			t.Fatalf("the grammar takes %q apart into %#v", field, all)
		}
		l := list{field: field}
		for _, p := range all {
			switch {
			case !l.next() || l.equal >= 0 != p.cookie:
				t.Fatalf("%q: element is %+v, want %#v", field, l, p)
			case p.cookie && (string(l.name()) != p.name || string(l.value()) != p.value || string(l.text()) != p.pair()):
				t.Fatalf("%q: %q is %q=%q, want %#v", field, l.text(), l.name(), l.value(), p)
			}
		}
		if l.next() && !l.empty() {
			t.Fatalf("%q: element %q is one too many", field, l.text())
		}
	})
}

func FuzzStripped(f *testing.F) {
	for _, c := range prefixed {
		f.Add([]byte(c.field), "S")
	}
	f.Fuzz(func(t *testing.T, field []byte, name string) {
		all := parse(field)
		for i, p := range all {
			if _, rest, ok := strings.Cut(p.value, "~"); ok && p.cookie && p.name == name {
				all[i].value = rest
			}
		}
		want := join(all)
		before := bytes.Clone(field)
		if out := AppendStripped([]byte("prefix"), field, name); string(out) != "prefix"+want || !bytes.Equal(field, before) {
			t.Fatalf("%q became %q, want %q after prefix; now it is %q", before, out, want, field)
		}
		if out := AppendStripped(before[:0], before, name); string(out) != want {
			t.Fatalf("in place, %q became %q, want %q", field, out, want)
		}
	})
}

func FuzzSetCookie(f *testing.F) {
	for _, c := range setCookies {
		f.Add([]byte(c.setCookie), "B")
	}
	f.Add([]byte("S=a=b; path=/"), "")
	f.Fuzz(func(t *testing.T, setCookie []byte, id string) {
		all := parse(setCookie)
		p := all[0]
		sets := p.cookie && p.name != ""
		name, pair, replaced, prefixed := "", "", p.value, p.value
		if sets {
			name, pair, replaced, prefixed = p.name, p.pair(), id, id+"~"+p.value
		}
		before := bytes.Clone(setCookie)
		if got := Name(setCookie); string(got) != name || (got != nil) != sets {
			t.Fatalf("Name(%q) = %q, want %q", setCookie, got, name)
		}
		if got := Pair(setCookie); string(got) != pair || (got != nil) != sets {
			t.Fatalf("Pair(%q) = %q, want %q", setCookie, got, pair)
		}
		all[0].value = replaced
		if out := AppendReplaced([]byte("prefix"), setCookie, id); string(out) != "prefix"+join(all) {
			t.Fatalf("%q became %q, want %q after prefix", setCookie, out, join(all))
		}
		all[0].value = prefixed
		out := AppendPrefixed([]byte("prefix"), setCookie, id)
		if string(out) != "prefix"+join(all) || !bytes.Equal(setCookie, before) {
			t.Fatalf("%q became %q, want %q after prefix; now it is %q", before, out, join(all), setCookie)
		}
		checkReturn(t, before, out[len("prefix"):], id)
	})
}

// checkReturn plays a client that sends back what it got instead of what the server set.
func checkReturn(t *testing.T, set, got []byte, id string) {
	name := string(Name(set))
	// Within quotes, clients do not agree on where the value ends.
	if name == "" || bytes.IndexByte(set, '"') >= 0 || strings.ContainsAny(id, "~;,\" \t") {
		return
	}
	cookies := Pair(got)
	value, _ := find(cookies, name)
	if chosen, _, ok := Split(value); !ok || string(chosen) != id {
		t.Fatalf("a client sends %q for %q: identifier %q, want %q", cookies, set, chosen, id)
	}
	if back := AppendStripped(nil, cookies, name); !bytes.Equal(back, Pair(set)) {
		t.Fatalf("%q came back as %q", set, back)
	}
}

func FuzzFindPair(f *testing.F) {
	for _, c := range captured {
		f.Add([]byte(c.field), c.name)
	}
	f.Fuzz(func(t *testing.T, field []byte, name string) {
		i := slices.IndexFunc(parse(field), func(p parts) bool {
			if strings.HasSuffix(name, "=") {
				return p.cookie && p.name+"=" == name
			}
			return p.cookie && strings.HasPrefix(p.name, name)
		})
		got := FindPair(field, name)
		switch {
		case (got != nil) != (i >= 0):
			t.Fatalf("FindPair(%q, %q) = %q", field, name, got)
		case i >= 0 && string(got) != parse(field)[i].pair():
			t.Fatalf("FindPair(%q, %q) = %q, want %q", field, name, got, parse(field)[i].pair())
		}
		if again := FindPair(got, name); !bytes.Equal(again, got) {
			t.Fatalf("in %q, %q is found, not itself", got, again)
		}
	})
}
