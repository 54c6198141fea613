package cookie

import "strings"

// Pair is what logs show of a Set-Cookie field's value: NAME=value as it stands there, without the attributes; nil when
// it sets no cookie. It is a part of setCookie.
func Pair(setCookie []byte) []byte {
	l, ok := first(setCookie)
	if !ok {
		return nil
	}
	return l.text()
}

// FindPair looks in the value of a Cookie field for the first cookie whose name begins with name, or is name if that
// is written with "=" at its end. It returns NAME=value as it stands in the field, without the blanks around it, or nil.
// What it returns is a part of field. FindPair(Pair(setCookie), name) looks for the same in a Set-Cookie field.
//
// Applications that make up a new name for each session, such as ASPSESSIONIDxxxxxxxx, are why the beginning suffices.
func FindPair(field []byte, name string) []byte {
	begin, whole := strings.CutSuffix(name, "=")
	for l := (list{field: field}); l.nextCookie(); {
		if l.is(begin) || !whole && l.begins(begin) {
			return l.text()
		}
	}
	return nil
}
