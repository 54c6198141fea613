package cookie

import "bytes"

// Name is the name of the cookie that the value of a Set-Cookie field sets, nil when it sets none (RFC 6265 section 5.2).
// It is a part of setCookie.
func Name(setCookie []byte) []byte {
	pair, _, _ := bytes.Cut(setCookie, []byte{';'})
	name, _, ok := bytes.Cut(pair, []byte{'='})
	if !ok {
		return nil
	}
	return bytes.Trim(name, " \t")
}

// AppendSet appends a Set-Cookie field, line end included, that sets a session cookie for the whole site. An empty value
// makes the client forget the cookie.
func AppendSet(dst []byte, name, value string) []byte {
	dst = append(dst, "Set-Cookie: "...)
	dst = append(dst, name...)
	dst = append(dst, '=')
	dst = append(dst, value...)
	if value == "" {
		dst = append(dst, "; Expires=Thu, 01-Jan-1970 00:00:01 GMT"...)
	}
	return append(dst, "; path=/\r\n"...)
}
