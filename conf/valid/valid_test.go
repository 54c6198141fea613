package valid

import (
	"strings"
	"testing"
)

func TestTexts(t *testing.T) {
	logWord := func(s string) bool { return LogWord(s, ":[]") }
	for _, tt := range []struct {
		name     string
		valid    func(string) bool
		yes, not []string
	}{
		{"Token", Token, []string{"SID", "x-y_z.1", "!#$%&'*+-.^_`|~", strings.Repeat("a", 128)}, []string{"", "a b", "a=", "é", "a\"", strings.Repeat("a", 129)}},
		{"Label", Label, []string{"farm", "a.b-c_d:80", "-", strings.Repeat("a", 128)}, []string{"", "a b", "a/b", "é", strings.Repeat("a", 129)}},
		{
			"Host", Host,
			[]string{"a", "app.example.com", "app_1", "a.", "1a", "1.2.3.x", strings.Repeat("a", 63)},
			[]string{"", ".", "a..b", "-a", "a-", "a b", "1.2.3", "999.1.1.1", "é", strings.Repeat("a", 64), strings.Repeat("a.", 127)},
		},
		{"Printable", Printable, []string{"", "a b\tc", "é"}, []string{"\r", "\x00", "\x1b", "\x7f"}},
		{"LogWord", logWord, []string{"", "edge-1", "!~"}, []string{"a b", "a:", "[", "é", "\t", "\x7f"}},
	} {
		for _, s := range tt.yes {
			if !tt.valid(s) {
				t.Errorf("%s: %q is none", tt.name, s)
			}
		}
		for _, s := range tt.not {
			if tt.valid(s) {
				t.Errorf("%s: %q is one", tt.name, s)
			}
		}
	}
}
