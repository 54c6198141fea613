package cookie

import (
	"strings"
	"testing"
)

// The rows about removal are what HAProxy 2.6 was seen to do, where it was observed.
var fields = []struct {
	field string
	value string // of SRV
	found bool
	rest  string // without SRV
}{
	{"SRV=A", "A", true, ""},
	{"foo=1; SRV=B; bar=2", "B", true, "foo=1; bar=2"},
	{"SRV=B; bar=2", "B", true, "bar=2"},
	{"foo=1; SRV=B", "B", true, "foo=1"},
	{"SRV=ZZ; x=1", "ZZ", true, "x=1"},
	{`a="x;y"; SRV=B; c=d`, "B", true, `a="x;y"; c=d`},
	{"a=1, SRV=B, c=d", "B", true, "a=1, c=d"},
	{"a=1; SRV = B ; c=d", "B", true, "a=1; c=d"},
	{`SRV="B"; c=d`, `"B"`, true, "c=d"},
	{"$Version=1; SRV=B; $Path=/; c=d", "B", true, "$Version=1; c=d"},
	{"srv=B", "", false, "srv=B"},
	{"SRV=A; SRV=B", "A", true, ""},
	{"SRV=B;", "B", true, ""},
	{"SRV=; x=1", "", true, "x=1"},
	{"x; SRV=B; y", "B", true, "x; y"},

	{"", "", false, ""},
	{" ", "", false, " "},
	{";", "", false, ";"},
	{"SRV", "", false, "SRV"},
	{"SRV; a=1", "", false, "SRV; a=1"},
	{"SRV=", "", true, ""},
	{"SRV= ", "", true, ""},
	{" \tSRV\t=\tB\t", "B", true, ""},
	{"SRV=B=C; a=1", "B=C", true, "a=1"},
	{"SRV=A B; a=1", "A B", true, "a=1"},
	{"XSRV=A; SRV=B", "B", true, "XSRV=A"},
	{"SRVX=A; SRV=B", "B", true, "SRVX=A"},
	{"X-SRV=A; _SRV=B; a.SRV=C; a SRV=D", "", false, "X-SRV=A; _SRV=B; a.SRV=C; a SRV=D"},
	{"a=SRV=B", "", false, "a=SRV=B"},
	{"=SRV=B", "", false, "=SRV=B"},
	{"a=1;SRV=B;b=2", "B", true, "a=1;b=2"},
	{"a=1 ; b=2 ; SRV=B ; c=3 ; d=4", "B", true, "a=1 ; b=2; c=3 ; d=4"},
	{"SRV=A; a=1; SRV=B; b=2; SRV=C", "A", true, "a=1; b=2"},
	{";; SRV=B;; a=1;;", "B", true, "a=1"},
	{"a=1;; b=2; SRV=B", "B", true, "a=1;; b=2"},
	{"a=1; SRV=B;; b=2", "B", true, "a=1; b=2"},
	{"a=1; SRV=B;", "B", true, "a=1"},
	{" a=1; SRV=B", "B", true, "a=1"},

	{`a="; SRV=X"; b=2`, "", false, `a="; SRV=X"; b=2`},
	{`a= "; SRV=X"; b=2`, "", false, `a= "; SRV=X"; b=2`},
	{`a="\"; SRV=X"; SRV=B`, "B", true, `a="\"; SRV=X"`},
	{`a="x, SRV=X" y; SRV=B`, "B", true, `a="x, SRV=X" y`},
	{`a="x\\"; SRV=B`, "B", true, `a="x\\"`},
	{`a=5"; SRV=B; b=6"`, "B", true, `a=5"; b=6"`},
	{`a="x; SRV=B`, "B", true, `a="x`},
	{`a="; SRV=B`, "B", true, `a="`},
	{`a="\`, "", false, `a="\`},
	{`SRV="a; b"; c=1`, `"a; b"`, true, "c=1"},
	{`SRV="B; c=1`, `"B`, true, "c=1"},

	{"SRV=B; $Path=/; $Domain=x; $Port; c=d; $Path=/c", "B", true, "c=d; $Path=/c"},
	{"SRV=B; $Path=/", "B", true, ""},
	{"SRV=B;; $Path=/; c=d", "B", true, "c=d"},
	{"$Version=1; SRV=B; $Path=/", "B", true, "$Version=1"},
	{`$Version="1", SRV=B, $Path="/", c=d`, "B", true, `$Version="1", c=d`},
	{"a=1; $Path=/a; SRV=B; $Path=/b", "B", true, "a=1; $Path=/a"},
}

// find is the first value.
func find(field []byte, name string) (value []byte, ok bool) {
	values := ValuesOf(field, name)
	return values.Next()
}

// TestValues: all cookies of the name, in order, and nothing else.
func TestValues(t *testing.T) {
	for field, want := range map[string]string{
		"SRV=old; SRV=B":                     "old|B",
		"SRV=; a=1, SRV=B; SRV=\"x; SRV=y\"": "|B|\"x; SRV=y\"",
		"a=1; srv=B":                         "",
	} {
		var all []string
		values := ValuesOf([]byte(field), "SRV")
		for v, ok := values.Next(); ok; v, ok = values.Next() {
			all = append(all, string(v))
		}
		if got := strings.Join(all, "|"); got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range fields {
		value, ok := find([]byte(c.field), "SRV")
		if string(value) != c.value || ok != c.found {
			t.Errorf("find(%q) = %q, %v, want %q, %v", c.field, value, ok, c.value, c.found)
		}
	}
}

func TestAppendWithout(t *testing.T) {
	for _, c := range fields {
		out, removed := AppendWithout([]byte("Cookie: "), []byte(c.field), "SRV")
		if string(out) != "Cookie: "+c.rest || removed != c.found {
			t.Errorf("AppendWithout(%q) = %q, %v, want %q, %v", c.field, out, removed, "Cookie: "+c.rest, c.found)
		}
	}
}

func TestAppendWithoutInPlace(t *testing.T) {
	for _, c := range fields {
		field := []byte(c.field)
		out, _ := AppendWithout(field[:0], field, "SRV")
		if string(out) != c.rest {
			t.Errorf("%q became %q, want %q", c.field, out, c.rest)
		}
	}
}

func TestValueIsAPartOfTheField(t *testing.T) {
	field := []byte("a=1; SRV=B")
	value, _ := find(field, "SRV")
	if &value[0] != &field[9] {
		t.Error("the value is a copy")
	}
}

// calls are all functions, as a server's or client's field reaches them.
var calls = []struct {
	name string
	call func(dst, field []byte)
}{
	{"Values", func(_, field []byte) {
		values := ValuesOf(field, "SRV")
		for _, ok := values.Next(); ok; _, ok = values.Next() {
		}
	}},
	{"AppendWithout", func(dst, field []byte) { AppendWithout(dst, field, "SRV") }},
	{"Split", func(_, field []byte) { Split(field) }},
	{"AppendStripped", func(dst, field []byte) { AppendStripped(dst, field, "SRV") }},
	{"AppendPrefixed", func(dst, field []byte) { AppendPrefixed(dst, field, "B") }},
	{"AppendReplaced", func(dst, field []byte) { AppendReplaced(dst, field, "B") }},
	{"Name", func(_, field []byte) { Name(field) }},
	{"Pair", func(_, field []byte) { Pair(field) }},
	{"FindPair", func(_, field []byte) { FindPair(field, "SRV=") }},
	{"AppendSet", func(dst, _ []byte) { AppendSet(dst, "SRV", "B") }},
	{"AppendExpire", func(dst, _ []byte) { AppendExpire(dst, "SRV") }},
}

func TestLongFieldTakesLinearTime(t *testing.T) {
	// With quadratic work this would take minutes.
	dst := make([]byte, 0, 3<<20)
	for _, part := range []string{
		`a="\";`, `a="`, `";`, `a=";`, ";", "$a;", "a=1;", ` \"`, " ", "=", "SRV", "SRV ", "SRV=B~a;", `SRV="~`, `SRV= "~;`, "~",
	} {
		field := []byte(strings.Repeat(part, 1<<18))
		for _, c := range calls {
			c.call(dst, field)
		}
	}
}

func TestAllocations(t *testing.T) {
	field := []byte(`$Version=1; a="x;y"; SRV=B~z; $Path=/; c=d`)
	dst := make([]byte, 0, 200)
	for _, c := range calls {
		if n := testing.AllocsPerRun(100, func() { c.call(dst, field) }); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

var benchmarked = []byte("_ga=GA1.2.1234567890.1690000000; session=0123456789abcdef0123456789abcdef; SERVERID=A; theme=dark")

func BenchmarkFind(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		find(benchmarked, "SERVERID")
	}
}

func BenchmarkAppendWithout(b *testing.B) {
	b.ReportAllocs()
	dst := make([]byte, 0, 200)
	for b.Loop() {
		AppendWithout(dst, benchmarked, "SERVERID")
	}
}
