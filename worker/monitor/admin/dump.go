package admin

import (
	"fmt"
	"strings"

	"lbmaster/worker/monitor/tally"
)

// dumpWidth is how wide a line of a dump is, without its position: lines of the message that are longer go on in the next one.
const dumpWidth = 70

// dump shows the bytes of a fault: each line begins with the position of its first byte, and with + if it goes on one that was too long.
// Below the byte that makes the fault stands a mark.
func (e *errorWriter) dump(f *tally.Fault) {
	rest, at, sign := f.Bytes, f.First, byte(' ')
	for len(rest) > 0 {
		n, text, before, mark := dumpLine(rest, f.At-at)
		fmt.Fprintf(e, "  %05d%c %s\n", at, sign, text)
		if mark > 0 {
			indent := len(fmt.Sprintf("  %05d%c ", at, sign)) + before
			e.WriteString(strings.Repeat(" ", indent) + strings.Repeat("^", mark) + "\n")
		}
		sign = ' '
		if rest[n-1] != '\n' {
			sign = '+'
		}
		rest, at = rest[n:], at+int64(n)
	}
}

// dumpLine takes the first line of some bytes, and says how many it has, how they are written, and where in that text, and how wide, the
// one with number at stands.
func dumpLine(b []byte, at int64) (n int, text string, before, mark int) {
	var line []byte
	for n < len(b) && len(line) < dumpWidth && (n == 0 || b[n-1] != '\n') {
		from := len(line)
		line = appendEscaped(line, b[n])
		if int64(n) == at {
			before, mark = from, len(line)-from
		}
		n++
	}
	return n, string(line), before, mark
}

// appendEscaped appends a byte so that a terminal shows it, and does nothing else.
func appendEscaped(dst []byte, c byte) []byte {
	const hex = "0123456789ABCDEF"
	switch {
	case c == '\t':
		return append(dst, `\t`...)
	case c == '\r':
		return append(dst, `\r`...)
	case c == '\n':
		return append(dst, `\n`...)
	case c == 0x1b:
		return append(dst, `\e`...)
	case c == '\\':
		return append(dst, `\\`...)
	case c < ' ' || c > '~':
		return append(dst, '\\', 'x', hex[c>>4], hex[c&15])
	}
	return append(dst, c)
}

// escape is a text that somebody else has written, in the same way.
func escape(s string) string {
	var b []byte
	for i := range len(s) {
		b = appendEscaped(b, s[i])
	}
	return string(b)
}
