package cookie

import "testing"

func TestPair(t *testing.T) {
	for _, c := range setCookies {
		if got := Pair([]byte(c.setCookie)); string(got) != c.pair || (got == nil) != (c.pair == "") {
			t.Errorf("Pair(%q) = %q, want %q", c.setCookie, got, c.pair)
		}
	}
}

// The rows down to the blank line are what HAProxy 2.6 was seen to log, but for the blanks around "=".
var captured = []struct{ field, name, want string }{
	{"JSESSIONID=B~abc; z=1", "JSE", "JSESSIONID=B~abc"},
	{"JSEX=1; JSEY=2", "JSE", "JSEX=1"},
	{"XJSESSIONID=B~a", "JSE", ""},
	{"JSE", "JSE", ""},
	{"JSE; JSE = 3 ; x", "JSE", "JSE = 3"},
	{`JSE="a;b"; c`, "JSE", `JSE="a;b"`},
	{"JSE=", "JSE", "JSE="},
	{"a=JSE=1", "JSE", ""},
	{"$JSE=1; JSE=2", "JSE", "JSE=2"},
	{"JSESSIONID=1", "JSESSIONID=", "JSESSIONID=1"},
	{"JSESSIONIDX=1", "JSESSIONID=", ""},

	{"JSEX=1; JSE=2", "JSE=", "JSE=2"},
	{"JSEX=1; JSE\t=\t2\t", "JSE=", "JSE\t=\t2"},
	{"JS=1; JSEX=2", "JSE", "JSEX=2"},
	{"jse=1; JSE=2", "JSE", "JSE=2"},
	{"a=1, JSE=2, b=3", "JSE", "JSE=2"},
	{`a="; JSE=1"; JSE=2`, "JSE", "JSE=2"},
	{" JSE=1 ; a=1", "JSE", "JSE=1"},
	{"JSE;JSE=1", "JSE=", "JSE=1"},
	{"JSE=1", "JSE=1", ""},
	{"JSE=1", "JSE==", ""},
	{"JSE =1", "JSE ", ""},
	{"JSE", "JSE=", ""},
	{"", "JSE", ""},
	{";", "JSE", ""},
	{"=1", "JSE", ""},
}

func TestFindPair(t *testing.T) {
	for _, c := range captured {
		if got := FindPair([]byte(c.field), c.name); string(got) != c.want || (got == nil) != (c.want == "") {
			t.Errorf("FindPair(%q, %q) = %q, want %q", c.field, c.name, got, c.want)
		}
	}
}

func TestFindPairOfPair(t *testing.T) {
	for _, c := range []struct{ setCookie, name, want string }{
		{"JSESSIONID=abc; path=/", "JSE", "JSESSIONID=abc"},
		{"JSESSIONID=abc; path=/", "JSESSIONID=", "JSESSIONID=abc"},
		{"JSESSIONIDX=1", "JSESSIONID=", ""},
		{"a=1; JSE=2", "JSE", ""},
		{"JSE", "JSE", ""},
	} {
		if got := FindPair(Pair([]byte(c.setCookie)), c.name); string(got) != c.want {
			t.Errorf("%q in %q: %q, want %q", c.name, c.setCookie, got, c.want)
		}
	}
}

func TestPairsArePartsOfTheField(t *testing.T) {
	field := []byte("SRV=B; path=/")
	if pair, found, name := Pair(field), FindPair(field, "SRV"), Name(field); &pair[0] != &field[0] || &found[0] != &field[0] || &name[0] != &field[0] {
		t.Error("a result is a copy")
	}
}

func BenchmarkFindPair(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		FindPair(benchmarked, "SERVER")
	}
}

func BenchmarkPair(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Pair(benchmarkedSet)
	}
}
