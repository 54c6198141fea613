package cookie

import "bytes"

// tilde separates the identifier of the server from the value that the server itself has set.
const tilde = '~'

// Split takes apart the value of a cookie in mode prefix: "B~a~b" is the identifier "B" and the server's own "a~b". ok is
// false without "~": then the value was not set through the proxy. Both are parts of value. Quotes are ordinary characters
// here, as AppendPrefixed puts the identifier before the opening one.
func Split(value []byte) (id, rest []byte, ok bool) {
	i := bytes.IndexByte(value, tilde)
	if i < 0 {
		return nil, nil, false
	}
	return value[:i], value[i+1:], true
}

// AppendStripped appends the value of a Cookie field to dst with the identifier and its "~" taken off the value of every
// cookie of that name, no matter whether the identifier is a server's. A value without "~" and everything else stays byte
// for byte as it came, blanks included. The result is never longer than the field, so dst may be field[:0].
func AppendStripped(dst, field []byte, name string) []byte {
	from := 0
	for l := (list{field: field}); l.nextCookie(); {
		if !l.is(name) {
			continue
		}
		if id, _, ok := Split(l.value()); ok {
			at := l.begin()
			dst = append(dst, field[from:at]...)
			from = at + len(id) + 1
		}
	}
	return append(dst, field[from:]...)
}

// AppendPrefixed appends the value of a Set-Cookie field to dst with id and "~" put before the cookie's value: before its
// opening quote if there is one. Everything else stays byte for byte, and all of it when the field sets no cookie.
// The result is len(id)+1 bytes longer than setCookie, which dst must not overlap.
func AppendPrefixed(dst, setCookie []byte, id string) []byte {
	l, ok := first(setCookie)
	if !ok {
		return append(dst, setCookie...)
	}
	at := l.begin()
	dst = append(dst, setCookie[:at]...)
	dst = append(dst, id...)
	dst = append(dst, tilde)
	return append(dst, setCookie[at:]...)
}
