package http1

import "encoding/binary"

// Classes of bytes.
const (
	classToken  = 1 << iota // RFC 9110 section 5.6.2
	classTarget             // visible ASCII, except "#" which no request target has
	classHost               // RFC 3986 section 3.2.2, reg-name
	classHex
)

var classes = classify()

func classify() (t [256]uint8) {
	set := func(class uint8, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= class
		}
	}
	const alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	set(classToken, alnum+"!#$%&'*+-.^_`|~")
	set(classHost, alnum+"-._~%!$&'()*+,;=")
	set(classHex, "0123456789abcdefABCDEF")
	for c := byte('!'); c <= '~'; c++ {
		if c != '#' {
			t[c] |= classTarget
		}
	}
	return t
}

// all says whether every byte of b is of the class.
func all(b []byte, class uint8) bool {
	for _, c := range b {
		if classes[c]&class == 0 {
			return false
		}
	}
	return true
}

// parseField reads the field line b[from:to], which is not empty. It adds no field when the line itself is wrong; which fault that
// is, blame knows better.
func (h *Head) parseField(b []byte, from, to int) Fault {
	line := b[from:to]
	n := 0
	for n < len(line) && classes[line[n]]&classToken != 0 {
		n++
	}
	colon := n
	if h.Tolerant {
		n, colon = h.tolerantName(line)
	}
	if n == 0 || colon == len(line) || line[colon] != ':' || n > maxName {
		return FaultFieldName
	}
	start, end := from+colon+1, to
	for start < end && blank(b[start]) {
		start++
	}
	for start < end && blank(b[end-1]) {
		end--
	}
	if !clean(b[start:end]) && !(h.Tolerant && readable(b[start:end])) {
		return FaultFieldValue
	}
	f := &h.Fields[h.N]
	h.N++
	f.Start, f.Value = uint32(from), span(start, end)
	f.name, f.ID = uint16(n), identify(line[:n])
	if f.ID == NameOther {
		return 0
	}
	return h.interpret(f, b[start:end])
}

// interpret takes what a field means for the message as a whole.
func (h *Head) interpret(f *Field, value []byte) Fault {
	switch f.ID {
	case NameHost:
		return h.takeHost(f, value)
	case NameContentLength:
		return h.takeLength(value)
	case NameTransferEncoding:
		return h.takeCoding(value)
	case NameConnection:
		return h.takeConnection(f, value)
	case NameUpgrade:
		h.takeUpgrade(value)
	case NameAuthorization, NameProxyAuthorization:
		h.takeCredentials(value)
	case NameWWWAuthenticate, NameProxyAuthenticate:
		h.takeChallenges(value)
	case NameTE:
		h.takeTE(value)
	case NameExpect:
		if foldEqual(value, "100-continue") {
			h.Flags |= Expect100
		}
	}
	return 0
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// clean says that b has no control character but HTAB (RFC 9110 section 5.5).
//
// It looks at eight bytes at a time: the sums leave a byte's top bit clear exactly when it is below 0x20 or is 0x7f.
// Bytes from 0x80 on are allowed (obs-text).
func clean(b []byte) bool {
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
