// Package cookie finds, removes, changes and sets the persistence cookie.
//
// It does no I/O, takes time in proportion to its input and allocates nothing, except for a dst that is too small. Each
// function that appends says how long the result can be, so that the caller can make room before.
//
// A Cookie field is a list of cookies. A Set-Cookie field sets one (RFC 6265 section 4.1), and no more than the first is
// looked at. Old servers put several into one field, with commas between them (RFC 2109 section 4.2.2): a comma outside
// quotes therefore ends the value, and what follows it is left alone, like attributes. A value with a bare comma in it,
// which RFC 6265 forbids but clients accept, is taken to end there too; as Cookie fields are read the same way, its client
// still comes back to the same server.
package cookie

// Values walks over the values of all cookies of one name in a Cookie field.
type Values struct {
	list list
	name string
}

// ValuesOf begins a walk over the cookies of that name, which is case-sensitive, in the value of a Cookie field.
func ValuesOf(field []byte, name string) Values { return Values{list{field: field}, name} }

// Next returns the next value. It is a part of the field, without the blanks around it but with its quotes; it is empty for "NAME=".
func (v *Values) Next() (value []byte, ok bool) {
	for v.list.nextCookie() {
		if v.list.is(v.name) {
			return v.list.value(), true
		}
	}
	return nil, false
}

// AppendWithout appends the value of a Cookie field to dst, less all cookies of that name, and says whether there was
// any; without any, the field is appended as it is. What stays is a well-formed list: when nothing was appended although
// something was removed, nothing is left and the whole field should go. The result is never longer than the field, so
// dst may be field[:0].
func AppendWithout(dst, field []byte, name string) (out []byte, removed bool) {
	begin := len(dst)
	last := -1    // end of the last element that was kept, when nothing has been removed since
	drop := false // the elements that belong to a removed cookie go with it
	for l := (list{field: field}); l.nextFilled(); {
		drop = l.is(name) || drop && l.attribute()
		switch {
		case drop:
			removed, last = true, -1
			continue
		case l.empty():
			continue
		case len(dst) == begin:
			dst = append(dst, field[l.start:l.end]...)
		case last >= 0:
			dst = append(dst, field[last:l.end]...)
		default:
			dst = append(dst, field[l.separator:l.end]...)
		}
		last = l.end
	}
	if !removed {
		return append(dst[:begin], field...), false
	}
	return dst, true
}
