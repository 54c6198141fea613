package cookie

import (
	"bytes"
	"cmp"
	"testing"
)

// The rows down to the blank line are what HAProxy 2.6 was seen to do, but that it takes the blanks around "=" away.
var prefixed = []struct {
	field    string
	id       string // of the first S
	found    bool   // the first S has an identifier
	stripped string
}{
	{"S=B~abc; z=1", "B", true, "S=abc; z=1"},
	{"S=B~a~b", "B", true, "S=a~b"},
	{"S=ZZ~abc", "ZZ", true, "S=abc"},
	{"S=abc", "", false, "S=abc"},
	{"S=~abc", "", true, "S=abc"},
	{"S=B~", "B", true, "S="},
	{"S=B~a; S=C~b", "B", true, "S=a; S=b"},
	{"S=a; S=C~b", "", false, "S=a; S=b"},
	{"S = B~abc ; z=1", "B", true, "S = abc ; z=1"},
	{`S="B~abc"; z=1`, `"B`, true, `S=abc"; z=1`},
	{"a=1, S=B~x, c=d", "B", true, "a=1, S=x, c=d"},
	{"SX=B~a", "", false, "SX=B~a"},
	{"XS=B~a", "", false, "XS=B~a"},
	{`S=B~"a;b"; c=1`, "B", true, `S="a;b"; c=1`},
	{"S=B ~ abc;x=1", "B ", true, "S= abc;x=1"},
	{"$Version=1; S=B~x; $Path=/~a", "B", true, "$Version=1; S=x; $Path=/~a"},
	{`S=B~"; z="~q`, "B", true, `S="; z="~q`},

	{"foo=1; S=B~x; bar=2", "B", true, "foo=1; S=x; bar=2"},
	{"foo=1~2; S=B~x", "B", true, "foo=1~2; S=x"},
	{`a="x;y~z"; S=B~x; c=d`, "B", true, `a="x;y~z"; S=x; c=d`},
	{`a="; S=B~x"; S=C~y`, "C", true, `a="; S=B~x"; S=y`},
	{`a="; S=B~x`, "B", true, `a="; S=x`},
	{"s=B~x", "", false, "s=B~x"},
	{"S=B~x;", "B", true, "S=x;"},
	{"S=; x=1~2", "", false, "S=; x=1~2"},
	{"x~; S=B~x; y~", "B", true, "x~; S=x; y~"},
	{"S~B=x", "", false, "S~B=x"},
	{"~S=B~x", "", false, "~S=B~x"},
	{"S=~", "", true, "S="},
	{"S=~~", "", true, "S=~"},
	{"S=B~ ; a=1", "B", true, "S= ; a=1"},
	{"\tS\t=\tB~x\t", "B", true, "\tS\t=\tx\t"},
	{"S=B~x;S=C~y,S=D~z", "B", true, "S=x;S=y,S=z"},
	{"S=a=B~x", "a=B", true, "S=x"},
	{";; S=B~x;;", "B", true, ";; S=x;;"},
	{"S~", "", false, "S~"},
	{"~", "", false, "~"},
	{"=~", "", false, "=~"},
	{"", "", false, ""},
	{"S=\x00\xff~\x00\xff", "\x00\xff", true, "S=\x00\xff"},
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		value, id, rest string
		ok              bool
	}{
		{"B~abc", "B", "abc", true},
		{"B~a~b", "B", "a~b", true},
		{"~abc", "", "abc", true},
		{"B~", "B", "", true},
		{"~", "", "", true},
		{"abc", "", "", false},
		{"", "", "", false},
		{`B~"a b"`, "B", `"a b"`, true},
	} {
		id, rest, ok := Split([]byte(c.value))
		if string(id) != c.id || string(rest) != c.rest || ok != c.ok {
			t.Errorf("Split(%q) = %q, %q, %v, want %q, %q, %v", c.value, id, rest, ok, c.id, c.rest, c.ok)
		}
	}
}

// What chooses the server is the identifier of the first cookie.
func TestSplitOfFind(t *testing.T) {
	for _, c := range prefixed {
		value, _ := find([]byte(c.field), "S")
		if id, _, ok := Split(value); string(id) != c.id || ok != c.found {
			t.Errorf("%q: identifier %q, %v, want %q, %v", c.field, id, ok, c.id, c.found)
		}
	}
}

func TestAppendStripped(t *testing.T) {
	for _, c := range prefixed {
		field := []byte(c.field)
		if out := AppendStripped([]byte("Cookie: "), field, "S"); string(out) != "Cookie: "+c.stripped {
			t.Errorf("AppendStripped(%q) = %q, want %q", c.field, out, "Cookie: "+c.stripped)
		}
		if out := AppendStripped(field[:0], field, "S"); string(out) != c.stripped {
			t.Errorf("in place, %q became %q, want %q", c.field, out, c.stripped)
		}
	}
}

func TestAppendStrippedLeavesValuesWithoutIdentifier(t *testing.T) {
	for _, c := range fields {
		if out := AppendStripped(nil, []byte(c.field), "SRV"); string(out) != c.field {
			t.Errorf("%q became %q", c.field, out)
		}
	}
}

// What a server sets comes back to it as it was.
func TestPrefixComesOffAgain(t *testing.T) {
	for _, c := range setCookies {
		pair := Pair([]byte(c.setCookie))
		name := string(Name(pair))
		back := AppendStripped(nil, AppendPrefixed(nil, pair, "B"), name)
		if !bytes.Equal(back, pair) {
			t.Errorf("%q came back as %q", pair, back)
		}
	}
}

func TestAppendPrefixed(t *testing.T) {
	for _, c := range setCookies {
		want := "Set-Cookie: " + cmp.Or(c.prefixed, c.setCookie)
		if out := AppendPrefixed([]byte("Set-Cookie: "), []byte(c.setCookie), "B"); string(out) != want {
			t.Errorf("AppendPrefixed(%q) = %q, want %q", c.setCookie, out, want)
		}
	}
}

func BenchmarkAppendStripped(b *testing.B) {
	b.ReportAllocs()
	field := bytes.Replace(benchmarked, []byte("=A"), []byte("=A~0123456789abcdef"), 1)
	dst := make([]byte, 0, 200)
	for b.Loop() {
		AppendStripped(dst, field, "SERVERID")
	}
}

func BenchmarkAppendPrefixed(b *testing.B) {
	b.ReportAllocs()
	dst := make([]byte, 0, 200)
	for b.Loop() {
		AppendPrefixed(dst, benchmarkedSet, "A")
	}
}
