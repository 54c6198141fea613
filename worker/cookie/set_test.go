package cookie

import "testing"

// The rows down to the first blank line are what HAProxy 2.6 was seen to do, but that it takes the blanks around "=" away.
var setCookies = []struct {
	setCookie string
	name      string
	pair      string
	prefixed  string // with B; "": as it was
	replaced  string // by B; "": as it was
}{
	{"S=abc123; path=/app", "S", "S=abc123", "S=B~abc123; path=/app", "S=B; path=/app"},
	{"S = abc ; path=/", "S", "S = abc", "S = B~abc ; path=/", "S = B ; path=/"},
	{`S="abc"; path=/`, "S", `S="abc"`, `S=B~"abc"; path=/`, "S=B; path=/"},
	{`S="a;b"; path=/`, "S", `S="a;b"`, `S=B~"a;b"; path=/`, "S=B; path=/"},
	{"S=; path=/", "S", "S=", "S=B~; path=/", "S=B; path=/"},
	{"S=", "S", "S=", "S=B~", "S=B"},
	{"S= ; path=/", "S", "S=", "S=B~ ; path=/", "S=B ; path=/"},
	{"S; path=/", "", "", "", ""},
	{"S", "", "", "", ""},
	{"S=a, S=b; path=/", "S", "S=a", "S=B~a, S=b; path=/", "S=B, S=b; path=/"},
	{"S=a; path=/, S=b", "S", "S=a", "S=B~a; path=/, S=b", "S=B; path=/, S=b"},
	{
		"S=a; Expires=Thu, 01-Jan-2030 00:00:01 GMT; path=/", "S", "S=a",
		"S=B~a; Expires=Thu, 01-Jan-2030 00:00:01 GMT; path=/", "S=B; Expires=Thu, 01-Jan-2030 00:00:01 GMT; path=/",
	},
	{"S=a,b; path=/", "S", "S=a", "S=B~a,b; path=/", "S=B,b; path=/"},
	{"S=a=b", "S", "S=a=b", "S=B~a=b", "S=B"},
	{"S=B~a", "S", "S=B~a", "S=B~B~a", "S=B"},
	{"S=a b c; path=/", "S", "S=a b c", "S=B~a b c; path=/", "S=B; path=/"},
	{"; S=a", "", "", "", ""},
	{", S=a", "", "", "", ""},

	// HAProxy lets quotes begin anywhere, and an unclosed one last until the end of the field.
	{`S=a"b;c"; path=/`, "S", `S=a"b`, `S=B~a"b;c"; path=/`, `S=B;c"; path=/`},
	{`S="abc; path=/`, "S", `S="abc`, `S=B~"abc; path=/`, "S=B; path=/"},

	{"S=a", "S", "S=a", "S=B~a", "S=B"},
	{"a=1, S=x; path=/", "a", "a=1", "a=B~1, S=x; path=/", "a=B, S=x; path=/"},
	{"x=1; S=2", "x", "x=1", "x=B~1; S=2", "x=B; S=2"},
	{"  S=a", "S", "S=a", "  S=B~a", "  S=B"},
	{"\tS\t=\ta\t;\tpath=/", "S", "S\t=\ta", "\tS\t=\tB~a\t;\tpath=/", "\tS\t=\tB\t;\tpath=/"},
	{`S= "a, b" ; path=/`, "S", `S= "a, b"`, `S= B~"a, b" ; path=/`, "S= B ; path=/"},
	{`S="a\";b"; path=/`, "S", `S="a\";b"`, `S=B~"a\";b"; path=/`, "S=B; path=/"},
	{`S="a"b; path=/`, "S", `S="a"b`, `S=B~"a"b; path=/`, "S=B; path=/"},
	{`S="`, "S", `S="`, `S=B~"`, "S=B"},
	{`S="\`, "S", `S="\`, `S=B~"\`, "S=B"},
	{"S=;", "S", "S=", "S=B~;", "S=B;"},
	{"S=a;", "S", "S=a", "S=B~a;", "S=B;"},
	{"S=a;HttpOnly;Secure", "S", "S=a", "S=B~a;HttpOnly;Secure", "S=B;HttpOnly;Secure"},
	{"a S=b", "a S", "a S=b", "a S=B~b", "a S=B"},
	{"a,S=b", "", "", "", ""},
	{"=a", "", "", "", ""},
	{" = a", "", "", "", ""},
	{"", "", "", "", ""},
	{" ", "", "", "", ""},
	{";", "", "", "", ""},
	{"=", "", "", "", ""},
	{"S=\x00\xff", "S", "S=\x00\xff", "S=B~\x00\xff", "S=B"},
}

func TestName(t *testing.T) {
	for _, c := range setCookies {
		if got := Name([]byte(c.setCookie)); string(got) != c.name || (got == nil) != (c.name == "") {
			t.Errorf("Name(%q) = %q, want %q", c.setCookie, got, c.name)
		}
	}
}

func TestAppendSet(t *testing.T) {
	for _, c := range []struct {
		name, value, want string
		more              int // than name and value
	}{
		{"SERVERID", "A", "Set-Cookie: SERVERID=A; path=/\r\n", 23},
		{"SERVERID", "", "Set-Cookie: SERVERID=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/\r\n", 62},
	} {
		got := string(AppendSet([]byte("X: y\r\n"), c.name, c.value))
		if got != "X: y\r\n"+c.want {
			t.Errorf("AppendSet(%q, %q) = %q", c.name, c.value, got)
		}
		if more := len(c.want) - len(c.name) - len(c.value); more != c.more {
			t.Errorf("%q is %d bytes longer, not %d", c.want, more, c.more)
		}
	}
}

func TestAppendExpire(t *testing.T) {
	const want = "X: y\r\nSet-Cookie: SERVERID=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/\r\n"
	if got := string(AppendExpire([]byte("X: y\r\n"), "SERVERID")); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

var benchmarkedSet = []byte("SERVERID=0123456789abcdef0123456789abcdef; Path=/; Expires=Wed, 21-Oct-2026 07:28:00 GMT; HttpOnly")

func BenchmarkName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Name(benchmarkedSet)
	}
}
