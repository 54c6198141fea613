package toml

import "testing"

// TestLines: the index finds keys wherever TOML lets them be.
func TestLines(t *testing.T) {
	l := indexLines(`# a comment = x
a = 1
[t] # comment
"b.c" = """
x = 1 \"""
""" # ]
d.e = { f = "}", g = [1, # ]
  2] }
[[t.s]]
n = 'it\'
[[t.s]]
n = 2
  [t.s.sub]
  m = 3
`)
	for key, want := range map[string]int{
		"a": 2, "t": 3, "t.b.c": 4, "t.d.e": 7, "t.d.e.f": 7, "t.s[0]": 9, "t.s[0].n": 10,
		"t.s[1].n": 12, "t.s[1].sub.m": 14, "nowhere": 0,
	} {
		if got := l.of(key); got != want {
			t.Errorf("%s is on line %d, want %d", key, got, want)
		}
	}
}
