package toml

import (
	"strings"
	"testing"

	"lbmaster/conf/raw"
)

// TestNesting: what would take the decoder's stack, or its memory, is refused with its line; brackets in strings and comments are none.
func TestNesting(t *testing.T) {
	const many = 3 << 20
	deep := strings.Repeat("[", many)
	for _, tt := range []struct{ name, text, want string }{
		{"array", "\na = " + deep, "f:2: brackets within brackets: at most 32 may be open at the same time"},
		{"over lines", "a = [\n" + strings.Repeat("[\n", 40), "f:33: brackets within brackets: at most 32 may be open at the same time"},
		{"inline tables", "a = " + strings.Repeat("{a=", many/3), "f:1: brackets within brackets: at most 32 may be open at the same time"},
		{"behind four quotes", `a = ["""x"""", ` + deep, "f:1: brackets within brackets: at most 32 may be open at the same time"},
		{"behind a comment", "a = [ # ]\n" + deep, "f:2: brackets within brackets: at most 32 may be open at the same time"},
		{"dotted key", strings.Repeat("a.", many/2) + "a = 1", "f:1: a key of too many parts: at most 32 are possible"},
		{"dotted header", "[" + strings.Repeat("a.", many/2) + "a]", "f:1: a key of too many parts: at most 32 are possible"},
		{"long header", "[a]\n['" + strings.Repeat("a", 513) + "']", "f:2: a key that is too long: at most 512 bytes are possible"},
		{"long key", strings.Repeat("a", 513) + "=1", "f:1: a key that is too long: at most 512 bytes are possible"},
		{"strings", "a = '''\n" + deep + "'''\nb = \"\"\"\\\"\"\"\\\"" + deep + "\"\"\"\"\"\nc = \"\\\"" + deep + "\" # \"" + deep + "\nd = '" + deep + "\\' #", "unknown section"},
		{"side by side", "a = [" + strings.Repeat("[[]],", 100) + "]\nb = ['" + strings.Repeat("1.", 40) + "']", "unknown section"},
	} {
		f := &raw.Findings{}
		Read("f", tt.text, f)
		_, err := f.Sorted()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %.300v; want %s", tt.name, err, tt.want)
		}
	}
}
