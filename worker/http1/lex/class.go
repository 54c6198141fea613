// Package lex is what the parsers of heads and of bodies have in common: bytes, names of fields, methods, and what can be wrong.
package lex

import "encoding/binary"

// Classes of bytes.
const (
	Token  = 1 << iota // RFC 9110 section 5.6.2
	Target             // visible ASCII, except "#" which no request target has
	Host               // RFC 3986 section 3.2.2, reg-name
	Hex
)

var classes = classify()

func classify() (t [256]uint8) {
	set := func(class uint8, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= class
		}
	}
	const alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	set(Token, alnum+"!#$%&'*+-.^_`|~")
	set(Host, alnum+"-._~%!$&'()*+,;=")
	set(Hex, "0123456789abcdefABCDEF")
	for c := byte('!'); c <= '~'; c++ {
		if c != '#' {
			t[c] |= Target
		}
	}
	return t
}

// Is says whether a byte is of the class.
func Is(c byte, class uint8) bool { return classes[c]&class != 0 }

// All says whether every byte of b is of the class.
func All(b []byte, class uint8) bool {
	for _, c := range b {
		if classes[c]&class == 0 {
			return false
		}
	}
	return true
}

func Blank(c byte) bool { return c == ' ' || c == '\t' }

// Clean says that b has no control character but HTAB (RFC 9110 section 5.5).
//
// It looks at eight bytes at a time: the sums leave a byte's top bit clear exactly when it is below 0x20 or is 0x7f.
// Bytes from 0x80 on are allowed (obs-text).
func Clean(b []byte) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		low := w &^ tops
		visible := (low + ones*0x60) & ^(low + ones) // 0x20 <= low < 0x7f, in each top bit
		if (visible|w)&tops != tops && !cleanSlowly(b[:8]) {
			return false
		}
		b = b[8:]
	}
	return cleanSlowly(b)
}

func cleanSlowly(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
