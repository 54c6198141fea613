package cookie

import (
	"cmp"
	"testing"
)

func TestAppendReplaced(t *testing.T) {
	for _, c := range setCookies {
		want := "Set-Cookie: " + cmp.Or(c.replaced, c.setCookie)
		if out := AppendReplaced([]byte("Set-Cookie: "), []byte(c.setCookie), "B"); string(out) != want {
			t.Errorf("AppendReplaced(%q) = %q, want %q", c.setCookie, out, want)
		}
	}
}

// A client that understands what the proxy wrote comes back to the server, whatever the old value looked like.
func TestReplacedValueIsFound(t *testing.T) {
	for _, c := range setCookies {
		if c.name == "" {
			continue
		}
		pair := Pair(AppendReplaced(nil, []byte(c.setCookie), "B"))
		if value, ok := find(pair, c.name); string(value) != "B" || !ok {
			t.Errorf("%q: a client sends %q, where %q is found", c.setCookie, pair, value)
		}
	}
}

func BenchmarkAppendReplaced(b *testing.B) {
	b.ReportAllocs()
	dst := make([]byte, 0, 200)
	for b.Loop() {
		AppendReplaced(dst, benchmarkedSet, "A")
	}
}
