package raw

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Escape makes a text of others fit for a terminal and for one line of a log: what cannot be printed, such as ESC, which terminals
// obey, is written as in a string of Go. It allocates only if there is something to escape.
func Escape(s string) string {
	if strings.IndexFunc(s, hidden) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if !hidden(r) {
			b.WriteRune(r)
			continue
		}
		q := strconv.QuoteRune(r)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}

func hidden(r rune) bool { return !strconv.IsPrint(r) }
