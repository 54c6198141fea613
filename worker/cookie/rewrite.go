package cookie

// AppendReplaced appends the value of a Set-Cookie field to dst with the cookie's value replaced (mode rewrite), also
// when that is empty. Everything else stays byte for byte: the blanks around "=" and the attributes; and all of it when the
// field sets no cookie. A value in quotes is replaced together with them, whatever they enclose; an opening quote
// that nothing closes is an ordinary character.
// The result is at most len(value) bytes longer than setCookie, which dst must not overlap.
func AppendReplaced(dst, setCookie []byte, value string) []byte {
	l, ok := first(setCookie)
	if !ok {
		return append(dst, setCookie...)
	}
	dst = append(dst, setCookie[:l.begin()]...)
	dst = append(dst, value...)
	return append(dst, setCookie[l.end:]...)
}
