package logline

import (
	"bytes"
	"fmt"
	"testing"
)

// Every byte at every place of a text that is longer than what is looked at in one step.
func TestEscapes(t *testing.T) {
	for _, p := range []struct {
		in   place
		also string // what is escaped besides what is escaped everywhere
	}{{inQuotes, ""}, {inBraces, "{|}"}, {inWord, " "}} {
		for b := range 256 {
			escaped := b < 32 || b > 126 || b == '"' || b == '#' || bytes.IndexByte([]byte(p.also), byte(b)) >= 0
			text := string([]byte{byte(b)})
			if escaped {
				text = fmt.Sprintf("#%02X", b)
			}
			for i := range 18 {
				before, after := "!$abcxyzABCXYZ019~"[:i], "~!$ayz01AZ"
				got := string(appendEscaped([]byte("> "), append(append([]byte(before), byte(b)), after...), p.in, 100))
				if want := "> " + before + text + after; got != want {
					t.Errorf("place %d, byte %#x behind %d others: %q, want %q", p.in, b, i, got, want)
				}
			}
		}
	}
}

func TestEscapesWithLittleRoom(t *testing.T) {
	const s = "0123456789\n01\n\n"
	full := "0123456789#0A01#0A#0A"
	for room, want := range map[int]string{
		0: "", 1: "0", 9: full[:9], 10: full[:10], 11: full[:10], 12: full[:10], 13: full[:13], 14: full[:14],
		15: full[:15], 17: full[:15], 18: full[:18], 20: full[:18], 21: full, 22: full,
	} {
		if got := string(appendEscaped([]byte("> "), []byte(s), inQuotes, room)); got != "> "+want {
			t.Errorf("in %d bytes: %q, want %q", room, got, want)
		}
	}
}
