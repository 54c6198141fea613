package raw

import (
	"testing"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		`a "b" 'c' \d grün €`:      `a "b" 'c' \d grün €`,
		"\x1b]0;owned\a":           `\x1b]0;owned\a`,
		"a\nb\r\tc\x00\x7f":        `a\nb\r\tc\x00\x7f`,
		"\u009b31m \u202e \u2028":  `\u009b31m \u202e \u2028`,
		"not UTF-8: \x9b\xff\x1b[": "not UTF-8: \ufffd\ufffd" + `\x1b[`,
	} {
		if got := Escape(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
