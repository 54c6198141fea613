package cookie

import "bytes"

// Split cuts a cookie's value at its first "~": what is before it names a server, what is behind it is the application's.
func Split(value []byte) (id, rest []byte, ok bool) { return bytes.Cut(value, []byte{'~'}) }

// AppendStripped appends the value of a Cookie field, with "ID~" taken off the value of every cookie of that name which
// has it. Everything else stays as it came.
func AppendStripped(dst, field []byte, name string) []byte {
	from := 0
	for l := (list{field: field}); l.next(); {
		if !l.is(name) {
			continue
		}
		value := l.value()
		if i := bytes.IndexByte(value, '~'); i >= 0 {
			at := cap(field) - cap(value)
			dst = append(dst, field[from:at]...)
			from = at + i + 1
		}
	}
	return append(dst, field[from:]...)
}

// AppendPrefixed appends the value of a Set-Cookie field, with "id~" put before the cookie's value.
func AppendPrefixed(dst, setCookie []byte, id string) []byte {
	from, _ := valueOf(setCookie)
	dst = append(dst, setCookie[:from]...)
	dst = append(dst, id...)
	dst = append(dst, '~')
	return append(dst, setCookie[from:]...)
}

// AppendReplaced appends the value of a Set-Cookie field, with another value for the cookie. Its attributes stay.
func AppendReplaced(dst, setCookie []byte, value string) []byte {
	from, to := valueOf(setCookie)
	dst = append(dst, setCookie[:from]...)
	dst = append(dst, value...)
	return append(dst, setCookie[to:]...)
}

// valueOf is where the cookie's value stands in the value of a Set-Cookie field, without the blanks around it.
func valueOf(setCookie []byte) (from, to int) {
	to = bytes.IndexByte(setCookie, ';')
	if to < 0 {
		to = len(setCookie)
	}
	from = bytes.IndexByte(setCookie[:to], '=') + 1
	for from < to && blank(setCookie[from]) {
		from++
	}
	for to > from && blank(setCookie[to-1]) {
		to--
	}
	return from, to
}
