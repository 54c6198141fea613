// Package cookie finds, removes and sets the persistence cookie.
//
// It does no I/O and allocates nothing, except for a dst that is too small.
package cookie

// Find looks for the first cookie of that name, which is case-sensitive, in the value of a Cookie field. The value that
// it returns is a part of field, without the blanks around it; it is empty for "NAME=".
func Find(field []byte, name string) (value []byte, ok bool) {
	for l := (list{field: field}); l.next(); {
		if l.is(name) {
			return l.value(), true
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
	for l := (list{field: field}); l.next(); {
		drop = l.is(name) || drop && (l.attribute() || l.empty())
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
