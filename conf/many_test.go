package conf

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lbmaster/conf/key"
	"lbmaster/conf/raw"
)

// TestManyErrors: of very many errors the first ones are told, those of one run like those of the next.
func TestManyErrors(t *testing.T) {
	text := map[string]*strings.Builder{"keys": {}, "long keys": {}, "sections": {}, "lists": {}, "backends": {}}
	text["keys"].WriteString("[global]\n")
	text["long keys"].WriteString("[global]\n")
	text["lists"].WriteString("[global]\nlog = [\n")
	for i := range 3_000 {
		fmt.Fprintf(text["keys"], "worker%06d = 1\n", i)
		fmt.Fprintf(text["long keys"], "worker%06d%s = 1\n", i, strings.Repeat("s", 100))
		fmt.Fprintf(text["sections"], "[defaultss%06d]\n", i)
		fmt.Fprintf(text["lists"], "'x%d',\n", i)
		fmt.Fprintf(text["backends"], "[frontend.f%d]\nbind='unix:/%[1]d'\ndefault_backend='b'\n[backend.c%[1]d]\ndispatch='127.0.0.1:80'\n", i)
	}
	text["lists"].WriteString("]\n")
	for name, b := range text {
		_, _, first := Parse("f", []byte(b.String()))
		var all Errors
		if !errors.As(first, &all) || len(all) != raw.MaxFindings+1 || all[raw.MaxFindings].Text != "there are more errors: mend these first" {
			t.Errorf("%s: %d errors: %.200v", name, len(all), first)
			continue
		}
		if _, _, again := Parse("f", []byte(b.String())); first.Error() != again.Error() {
			t.Errorf("%s: another run says something else", name)
		}
	}
}

// TestNearestOfLong: no name that is much longer than the known ones is compared with them, and what is near is found.
func TestNearestOfLong(t *testing.T) {
	for name, want := range map[string]string{
		"tiemout": "timeout", "maxcon": "maxconn", "x": "", strings.Repeat("timeout", 1<<20): "",
	} {
		if got := raw.Nearest(name, key.Names(key.InListen|key.InGlobal)); got != want {
			t.Errorf("%.20s: %q, want %q", name, got, want)
		}
	}
}
