package http1

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

// nameText is each known name in lower case.
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
	maxKnown = 19 // length of the longest known name
	letters  = 32 // a letter's lower five bits are its place in the alphabet, in either case
)

func indexNames() (index [maxKnown + 1][letters]Name) {
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

// identify is the identity of a field name.
func identify(name []byte) Name {
	if len(name) > maxKnown {
		return NameOther
	}
	id := known[len(name)][name[0]%letters]
	if id == NameOther || !foldEqual(name, nameText[id]) {
		return NameOther
	}
	return id
}

// foldEqual says whether b is text, which is in lower case, in any case.
func foldEqual(b []byte, text string) bool {
	if len(b) != len(text) {
		return false
	}
	for i := range b {
		if lower(b[i]) != text[i] {
			return false
		}
	}
	return true
}

// lower is c in lower case, if it is an ASCII letter.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
