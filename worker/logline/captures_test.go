package logline

import (
	"strings"
	"testing"
)

func (c *Captures) text() string { return string(c.append(nil)) }

// Observed with HAProxy 2.6: one field can be captured twice with different lengths, the last of several wins even when it
// is empty, a list stays whole, a tab is escaped.
func TestCaptures(t *testing.T) {
	headers := []Header{{Name: "X-Tab"}, {Name: "x-tab", Len: 3}, {Name: "Host", Len: 10}}
	for _, c := range []struct {
		seen []string
		want string
	}{
		{nil, " {||}"},
		{[]string{"Other", "x", "X-Ta", "y", "X-Tabs", "z", "", ""}, " {||}"},
		{[]string{"x-tab", "lower", "X-TAB", "upper"}, " {upper|upp|}"},
		{[]string{"X-Tab", "one", "X-Tab", ""}, " {||}"},
		{[]string{"X-Tab", "a, b"}, " {a, b|a, |}"},
		{[]string{"X-Tab", "a\tb\x0bc"}, " {a#09b#0Bc|a#09b|}"},
		{[]string{"Host", "12345678901234"}, " {||1234567890}"},
		{[]string{"X-Tab", "{|}~\"#\x7f\x80\xff \x1f"}, " {#7B#7C#7D~#22#23#7F#80#FF #1F|#7B#7C#7D|}"},
		{[]string{"X-Tab", strings.Repeat("x", 65)}, " {" + strings.Repeat("x", 64) + "|xxx|}"},
	} {
		if got := captured(headers, c.seen...).text(); got != c.want {
			t.Errorf("%q: %s, want %s", c.seen, got, c.want)
		}
	}
}

func TestCapturesAreReset(t *testing.T) {
	c := captured([]Header{{Name: "a"}, {Name: "b"}}, "a", "1", "b", "2")
	c.Reset()
	if got := c.text(); got != " {|}" {
		t.Errorf("after Reset: %s", got)
	}
	c.See([]byte("b"), []byte("3"))
	if got := c.text(); got != " {|3}" {
		t.Errorf("after the next: %s", got)
	}
}

func TestCapturesCopyAndStayApart(t *testing.T) {
	c := NewCaptures([]Header{{Name: "a", Len: 3}, {Name: "b", Len: 1000}, {Name: "c", Len: 3}})
	value := []byte(strings.Repeat("x", 300))
	for _, name := range []string{"b", "a", "c", "b"} {
		c.See([]byte(name), value)
	}
	clear(value)
	if got, want := c.text(), " {xxx|"+strings.Repeat("x", 256)+"|xxx}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestCapturesWithoutHeaders(t *testing.T) {
	if got := (*Captures)(nil).text(); got != "" {
		t.Errorf("none configured: %q", got)
	}
}

// The braces and bars stay when the values are too long for the line, and no escape is cut in two.
func TestCapturesAreBounded(t *testing.T) {
	for n := 1; n <= MaxHeaders; n++ {
		headers := make([]Header, n)
		for i := range headers {
			headers[i] = Header{Name: "h", Len: 256}
		}
		for _, value := range []string{strings.Repeat("x", 256), strings.Repeat("\n", 256), strings.Repeat("xx\n", 85)} {
			got := captured(headers, "h", value).text()
			if len(got) > 1+maxCaptures || strings.Count(got, "|") != n-1 || got[:2] != " {" || got[len(got)-1] != '}' {
				t.Errorf("%d captures: %d bytes, %s", n, len(got), got)
			}
			if rest := strings.NewReplacer("#0A", "", "x", "", "|", "", " {", "", "}", "").Replace(got); rest != "" {
				t.Errorf("%d captures: %q is half an escape", n, rest)
			}
		}
	}
}

func TestTooManyCaptures(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("17 captures are taken")
		}
	}()
	NewCaptures(make([]Header, MaxHeaders+1))
}

func BenchmarkSee(b *testing.B) {
	b.ReportAllocs()
	c := NewCaptures([]Header{{Name: "Host"}, {Name: "User-Agent"}, {Name: "Referer"}})
	fields := [][2][]byte{
		{[]byte("Host"), []byte("www.example.com")},
		{[]byte("User-Agent"), []byte("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0")},
		{[]byte("Accept"), []byte("text/html")},
		{[]byte("Accept-Language"), []byte("en-US")},
		{[]byte("Accept-Encoding"), []byte("gzip")},
		{[]byte("Connection"), []byte("keep-alive")},
		{[]byte("Cookie"), []byte("SERVERID=A")},
		{[]byte("Cache-Control"), []byte("max-age=0")},
	}
	for b.Loop() {
		c.Reset()
		for _, f := range fields {
			c.See(f[0], f[1])
		}
	}
}
