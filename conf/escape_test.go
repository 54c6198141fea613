package conf

import (
	"strings"
	"testing"
)

// TestMessagesAreEscaped: no text of a configuration, nor the name of its file, reaches a terminal as it is.
func TestMessagesAreEscaped(t *testing.T) {
	for _, text := range []string{
		"\"\\u001b[31m\" = 1",
		"[\"\\u001b[31m\"]",
		"[global]\n\"\\u001b[31m\" = 1\nuser = \"\\u001b\"\nlog = [\"\\u001b\\u0007\"]",
		"[listen.\"\\u001b\\n\"]\n",
		"[listen.a]\nbind = \"\\u001b:80\"\nmode = \"\\u001b\"\n\"\\u001b\" = 1\n[[listen.a.server]]\nname = \"\\u001b\"\n\"\\u001b\" = 2",
		"[frontend.a]\nbind = \":80\"\ndefault_backend = \"\\u001b\"",
		"a = \x1b[31m",
		"\"\\u001b\" = 1\n\"\\u001b\" = 2",
	} {
		_, warnings, err := Parse("\x1bf", []byte(text))
		if err == nil {
			t.Errorf("%q is accepted", text)
			continue
		}
		said := err.Error()
		for _, w := range warnings {
			said += "\n" + w.String()
		}
		if strings.ContainsAny(said, "\x1b\a\r") {
			t.Errorf("%q: %q", text, said)
		}
	}
}
