package cookie

// list walks over the elements of a Cookie field's value. The cookie of a Set-Cookie field is read as the first of a list.
//
// Elements are separated by semicolons or, as RFC 2965 allowed, by commas. NAME=VALUE is a cookie, with blanks allowed
// around both. A value that begins with a quote lasts at least until the closing quote, and the quotes are a part of
// it; when there is no closing quote, the opening one is an ordinary character. An element without "=" is nobody's
// cookie. One whose name begins with "$" is an attribute of the cookie before it (RFC 2965 section 3.3.4).
type list struct {
	field []byte
	pos   int // where the next element begins, blanks and the separator before it included

	// The element, valid until the next call of next.
	separator  int // index of the separator before it; 0 for the first element
	start, end int // the element without the blanks around it
	equal      int // index of its first "=", -1 without one
}

// nextFilled moves to the next element that is not empty, or to an empty one at the end.
func (l *list) nextFilled() bool {
	for i := l.skip(l.pos); i < len(l.field) && separates(l.field[i]); i = l.skip(l.pos) {
		l.pos = i + 1
	}
	return l.next()
}

// nextCookie moves to the next element that has a "=". It costs much less than next where there are many that have none.
func (l *list) nextCookie() bool {
	field, start, i := l.field, l.pos, l.pos
	for i < len(field) && field[i] != '=' {
		if separates(field[i]) {
			start = i + 1
		}
		i++
	}
	if i >= len(field) {
		return false
	}
	l.take(start, i)
	return true
}

// next moves to the next element.
func (l *list) next() bool {
	field, i := l.field, l.pos
	if i > len(field) {
		return false
	}
	for i < len(field) && field[i] != '=' && !separates(field[i]) {
		i++
	}
	l.take(l.pos, i)
	return true
}

// take makes that the element which begins at start, blanks included, and has its "=" or its end at i.
func (l *list) take(start, i int) {
	field := l.field
	l.separator, l.start, l.equal = max(start-1, 0), l.skip(start), -1
	if i < len(field) && field[i] == '=' {
		l.equal = i
		i = l.unquote(l.skip(i + 1))
		for i < len(field) && !separates(field[i]) {
			i++
		}
	}
	l.pos = i + 1
	for i > l.start && blank(field[i-1]) {
		i--
	}
	l.end = i
}

// skip returns the index of the first byte from i on that is not blank.
func (l *list) skip(i int) int {
	for i < len(l.field) && blank(l.field[i]) {
		i++
	}
	return i
}

// unquote returns the index behind the quoted string that begins at i, or i if there is none.
//
// It looks at each byte of the field at most twice in all: a quote can only be unclosed if none follows that could
// open another value.
func (l *list) unquote(i int) int {
	if i >= len(l.field) || l.field[i] != '"' {
		return i
	}
	for j := i + 1; j < len(l.field); j++ {
		switch l.field[j] {
		case '\\': // the next byte stands for itself (RFC 9110 section 5.6.4)
			j++
		case '"':
			return j + 1
		}
	}
	return i
}

// is says whether the element is a cookie of that name.
func (l *list) is(name string) bool { return l.equal >= 0 && string(l.name()) == name }

// begins says whether the element is a cookie whose name begins with prefix.
func (l *list) begins(prefix string) bool {
	if l.equal < 0 {
		return false
	}
	name := l.name()
	return len(name) >= len(prefix) && string(name[:len(prefix)]) == prefix
}

// name is the name of the element, which must be a cookie.
func (l *list) name() []byte {
	end := l.equal
	for end > l.start && blank(l.field[end-1]) {
		end--
	}
	return l.field[l.start:end]
}

// begin is the index at which the value of the element begins, which must be a cookie.
func (l *list) begin() int { return min(l.skip(l.equal+1), l.end) }

// value is the value of the element, which must be a cookie.
func (l *list) value() []byte { return l.field[l.begin():l.end] }

// text is the whole element, without the blanks around it.
func (l *list) text() []byte { return l.field[l.start:l.end] }

// attribute says whether the element belongs to the cookie before it.
func (l *list) attribute() bool { return !l.empty() && l.field[l.start] == '$' }

// empty says whether there is nothing between the separators.
func (l *list) empty() bool { return l.start == l.end }

func separates(c byte) bool { return c == ';' || c == ',' }
func blank(c byte) bool     { return c == ' ' || c == '\t' }
