package cookie

// forget makes a client remove the cookie; the form of the date is Netscape's, which every client understands.
const forget = "=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/\r\n"

// first reads the cookie that the value of a Set-Cookie field sets. It reports false when the field sets none: without "="
// or without a name (RFC 6265 section 5.2).
func first(setCookie []byte) (l list, ok bool) {
	l.field = setCookie
	l.next()
	return l, l.equal > l.start
}

// Name is the name of the cookie that the value of a Set-Cookie field sets, nil when it sets none. It is a part of
// setCookie.
func Name(setCookie []byte) []byte {
	l, ok := first(setCookie)
	if !ok {
		return nil
	}
	return l.name()
}

// AppendSet appends a Set-Cookie field, line end included, that sets a session cookie for the whole site: 23 bytes more
// than name and value. With an empty value it does what AppendExpire does.
func AppendSet(dst []byte, name, value string) []byte {
	if value == "" {
		return AppendExpire(dst, name)
	}
	dst = append(dst, "Set-Cookie: "...)
	dst = append(dst, name...)
	dst = append(dst, '=')
	dst = append(dst, value...)
	return append(dst, "; path=/\r\n"...)
}

// AppendExpire appends a Set-Cookie field, line end included, that makes the client forget the cookie: 62 bytes more than
// name. It is for a server without a value: what its client has from another server must not lead back there.
func AppendExpire(dst []byte, name string) []byte {
	dst = append(dst, "Set-Cookie: "...)
	dst = append(dst, name...)
	return append(dst, forget...)
}
