package logline

import "encoding/binary"

// place is where in a line a text stands, which decides what must be escaped there.
type place uint8

const (
	inQuotes place = 1 << iota // between quotes
	inBraces                   // between { | and }
	inWord                     // between blanks
)

// special tells for each byte in which places it is escaped: everywhere what is not printable ASCII, the quote and the #
// that begins an escape. HAProxy does not escape cookies, where a client can so break the line: we do, the blank too.
var special = specials()

func specials() (all [256]place) {
	for b := range all {
		if b < ' ' || b > '~' || b == '"' || b == '#' {
			all[b] = inQuotes | inBraces | inWord
		}
	}
	all['{'], all['|'], all['}'] = inBraces, inBraces, inBraces
	all[' '] = inWord
	return all
}

const hexDigits = "0123456789ABCDEF"

// appendEscaped appends s with its special bytes as #HH, at most room bytes. No escape is cut in two.
func appendEscaped(dst, s []byte, in place, room int) []byte {
	limit := len(dst) + room
	for {
		n := min(plain(s, in), limit-len(dst))
		dst = append(dst, s[:n]...)
		s = s[n:]
		if len(s) == 0 || limit-len(dst) < 3 {
			return dst
		}
		dst = append(dst, '#', hexDigits[s[0]>>4], hexDigits[s[0]&15])
		s = s[1:]
	}
}

// plain is how many bytes at the beginning of s need no escape. It goes by eight bytes while it can, which makes a
// typical line take half the time (BenchmarkHTTP).
func plain(s []byte, in place) int {
	n := 0
	for len(s)-n >= 8 && allPlain(binary.LittleEndian.Uint64(s[n:]), in) {
		n += 8
	}
	for ; n < len(s); n++ {
		if special[s[n]]&in != 0 {
			return n
		}
	}
	return n
}

// allPlain says that none of the eight bytes is special, without looking at one by one: the top bit of a byte tells
// whether it is below low, above a limit, or a quote or a #, which differ in their lowest bit only. In braces it takes a
// tilde for special too.
func allPlain(eight uint64, in place) bool {
	const (
		each = 0x0101010101010101
		tops = 0x80 * each
	)
	low, beyond := uint64(' ')*each, uint64(0x7F-'~')*each // what added to a byte above the limit reaches the top bit
	switch in {
	case inWord:
		low += each
	case inBraces:
		beyond = (0x7F - 'z') * each
	}
	quote := eight&^each ^ '"'*each
	return ((eight-low)&^eight|(eight+beyond)|eight|(quote-each)&^quote)&tops == 0
}
