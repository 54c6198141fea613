package logline

// Fault is what was wrong with a message: why a request was refused, or a response not passed on.
type Fault struct {
	Response bool
	Cut      bool   // the response had begun, and was cut
	Text     string // "": nothing was wrong
	At       int64  // where in the message the byte stands that makes it; below 0: nowhere in particular
	Seen     int64  // bytes of the message that had come
}

// maxFault is how much of a text is shown, in bytes.
const maxFault = 160

// AppendFault appends the line that explains the one of the record, in words, without a newline.
func (r *Record) AppendFault(dst []byte, f *Fault) []byte {
	if f.Response {
		dst = append(dst, "Bad response: client "...)
	} else {
		dst = append(dst, "Bad request: client "...)
	}
	dst = appendEscaped(dst, r.Client, inWord, maxAddress)
	dst = append(dst, ", frontend "...)
	dst = appendName(dst, r.Frontend)
	dst = append(dst, ", server "...)
	dst = r.appendServer(dst)
	dst = append(dst, ", status "...)
	dst = appendNumber(dst, int64(r.Status))
	if f.Cut {
		dst = append(dst, ", cut"...)
	}
	dst = append(dst, ": "...)
	dst = append(dst, f.Text[:min(len(f.Text), maxFault)]...)
	if f.At < 0 {
		return dst
	}
	dst = append(dst, ", at position "...)
	dst = appendNumber(dst, f.At)
	dst = append(dst, " of "...)
	return appendNumber(dst, f.Seen)
}
