// Package valid says which texts can stand where protocols, log lines and names of machines need them. It is pure.
package valid

import "strings"

// Token says whether s is a token (RFC 9110 section 5.6.2) of a sensible length.
func Token(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

// Label says whether a name can stand in a log line and on a status page.
func Label(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || strings.IndexByte(".-_:", c) >= 0) {
			return false
		}
	}
	return name != "" && len(name) <= 128
}

// Host checks a host name (RFC 1123 section 2.1; the underscore is common in private zones). One that looks like an
// IP address, but is none, is no name.
func Host(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	digits := true
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			isDigit := '0' <= c && c <= '9'
			digits = digits && isDigit
			if !isDigit && !('a' <= c|0x20 && c|0x20 <= 'z') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return !digits
}

// Printable says whether s has no control character but tabs.
func Printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// LogWord says that s has visible characters of ASCII only, and none of those.
func LogWord(s, without string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte(without, c) >= 0 {
			return false
		}
	}
	return true
}
