package lex

import (
	"fmt"
	"strings"
	"testing"
)

// TestNames: every known name is found, in any case, and nothing else is.
func TestNames(t *testing.T) {
	for id := NameOther + 1; id < nameCount; id++ {
		text := nameText[id]
		for _, s := range []string{text, strings.ToUpper(text), strings.ToUpper(text[:1]) + text[1:]} {
			if got := Identify([]byte(s)); got != id {
				t.Errorf("%s: %d, want %d", s, got, id)
			}
		}
		if got := Identify([]byte(text + "x")); got != NameOther {
			t.Errorf("%sx: %d", text, got)
		}
		if got := Identify([]byte(text[:len(text)-1] + "~")); got != NameOther {
			t.Errorf("%s with another end: %d", text, got)
		}
	}
}

func TestFaultTexts(t *testing.T) {
	for f := range Fault(len(faultText)) {
		if f.String() == "" {
			t.Errorf("fault %d has no text", f)
		}
	}
	if fmt.Sprint(FaultTrailer) == "" || len(faultText) != int(FaultTrailer)+1 {
		t.Errorf("%d texts for %d faults", len(faultText), FaultTrailer+1)
	}
}
