package lex

// MaxFields is the number of fields that a head may have, and a trailer section.
const MaxFields = 128

// Name is the identity of a field whose name is known here. Names are case-insensitive (RFC 9110 section 5.1).
type Name uint8

const (
	NameOther Name = iota
	NameHost
	NameConnection
	NameContentLength
	NameTransferEncoding
	NameCookie
	NameSetCookie
	NameUpgrade
	NameExpect
	NameKeepAlive
	NameProxyConnection
	NameTE
	NameTrailer
	NameXForwardedFor
	NameCacheControl
	NameAuthorization
	NameProxyAuthorization
	NameWWWAuthenticate
	NameProxyAuthenticate

	nameCount
)

// nameText is each known name in Lower case.
var nameText = [nameCount]string{
	NameHost:               "host",
	NameConnection:         "connection",
	NameContentLength:      "content-length",
	NameTransferEncoding:   "transfer-encoding",
	NameCookie:             "cookie",
	NameSetCookie:          "set-cookie",
	NameUpgrade:            "upgrade",
	NameExpect:             "expect",
	NameKeepAlive:          "keep-alive",
	NameProxyConnection:    "proxy-connection",
	NameTE:                 "te",
	NameTrailer:            "trailer",
	NameXForwardedFor:      "x-forwarded-for",
	NameCacheControl:       "cache-control",
	NameAuthorization:      "authorization",
	NameProxyAuthorization: "proxy-authorization",
	NameWWWAuthenticate:    "www-authenticate",
	NameProxyAuthenticate:  "proxy-authenticate",
}

// known finds the candidates for a name by its length and first letter, of which no two known names share both.
var known = indexNames()

const (
	MaxKnown = 19 // length of the longest known name
	letters  = 32 // a letter's Lower five bits are its place in the alphabet, in either case
)

func indexNames() (index [MaxKnown + 1][letters]Name) {
	for id := NameOther + 1; id < nameCount; id++ {
		text := nameText[id]
		at := &index[len(text)][text[0]%letters]
		if *at != NameOther {
			panic("http1: the index cannot tell " + text + " from " + nameText[*at])
		}
		*at = id
	}
	return index
}

// Identify is the identity of a field name.
func Identify(name []byte) Name {
	if len(name) > MaxKnown {
		return NameOther
	}
	id := known[len(name)][name[0]%letters]
	if id == NameOther || !FoldEqual(name, nameText[id]) {
		return NameOther
	}
	return id
}

// FoldEqual says whether b is text, which is in Lower case, in any case.
func FoldEqual(b []byte, text string) bool {
	if len(b) != len(text) {
		return false
	}
	for i := range b {
		if Lower(b[i]) != text[i] {
			return false
		}
	}
	return true
}

// Lower is c in Lower case, if it is an ASCII letter.
func Lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
