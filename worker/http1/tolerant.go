package http1

import (
	"bytes"
	"strconv"

	"lbmaster/worker/http1/lex"
)

// A tolerant Head takes responses that break the rules, but can be read in one way only:
//
//   - lines that end with a bare LF (RFC 9112 section 2.2),
//   - empty lines before the status line, and more than one blank in it before the status code,
//   - folded fields (RFC 9112 section 5.2), white space before the colon (section 5.1), names with other visible characters than those
//     of tokens, and control characters in values but NUL, CR and LF,
//   - a Content-Length that is repeated with the same number, or stands beside chunks, which then count (RFC 9112 section 6.3),
//   - chunks of an HTTP/1.0 server, and chunk sizes that are padded with blanks (Body.Tolerate).
//
// Untidy is set when the bytes should not go on as they are. Requests are never read so: what a client sends that servers read
// in different ways is an attack more often than a mistake.

// nextTolerantLine is nextLine for a tolerant head. A line that the next one continues is made one with it, in b.
func (h *Head) nextTolerantLine(b []byte) (from, to int, ok bool) {
	for {
		i := bytes.IndexByte(b[h.scan:], '\n')
		if i < 0 {
			h.scan = len(b)
			return 0, 0, false
		}
		from, to = h.line, h.scan+i
		end := to + 1
		if to > from && b[to-1] == '\r' {
			to--
		} else {
			h.Flags |= Untidy
		}
		if to > from && h.LineEnd > 0 && !lex.Blank(b[from]) { // a field
			if end == len(b) { // the next line may continue this one
				h.scan = end - 1
				return 0, 0, false
			}
			if lex.Blank(b[end]) {
				b[to], b[end-1] = ' ', ' '
				h.scan = end
				continue
			}
		}
		h.line, h.scan = end, end
		return from, to, true
	}
}

// nextStatusLine is the first line that is not empty.
func (h *Head) nextStatusLine(b []byte) (from, to int, ok bool) {
	from, to, ok = h.nextLine(b)
	for ok && h.Tolerant && from == to {
		h.Flags |= Untidy
		from, to, ok = h.nextLine(b)
	}
	return from, to, ok
}

// codeAt is where the status code begins in a status line.
func (h *Head) codeAt(line []byte) int {
	n := len("HTTP/1.1 ")
	for h.Tolerant && n < len(line) && line[n] == ' ' {
		h.Flags |= Untidy
		n++
	}
	return n
}

// tolerantName finds the end of a field name and the colon behind it. Without a name n is 0.
func (h *Head) tolerantName(line []byte) (n, colon int) {
	for n < len(line) && line[n] > ' ' && line[n] < 0x7f && line[n] != ':' {
		n++
	}
	for colon = n; colon < len(line) && lex.Blank(line[colon]); colon++ {
		h.Flags |= Untidy
	}
	return n, colon
}

// readable says that a value has no byte by which readers could find different ends of it.
func readable(value []byte) bool {
	return bytes.IndexByte(value, 0) < 0 && bytes.IndexByte(value, '\r') < 0
}

// takeSameLength takes a Content-Length that has been told before, or is a list, if all numbers are the same.
func (h *Head) takeSameLength(value []byte) lex.Fault {
	for l := (list{rest: value}); l.next(); {
		n, ok := decimal(l.item)
		switch {
		case !ok:
			return lex.FaultLength
		case h.Flags&hasLength != 0 && n != h.Length:
			return lex.FaultTwoLengths
		}
		h.Flags |= hasLength | Untidy
		h.Length = n
	}
	if h.Flags&hasLength == 0 {
		return lex.FaultLength
	}
	return 0
}

// preferChunks takes chunks beside a Content-Length, or from an HTTP/1.0 server. A server that says two things may mean the other one:
// its connection should not be used again.
func (h *Head) preferChunks() {
	h.Flags |= Untidy | Overhang
	h.Flags &^= hasLength
	h.Length = 0
}

// AppendTidy appends to dst the head as it should go on, after ParseResponse of b has said Done. It is longer than that one by one byte for
// each line at most, and by ten.
func (h *Head) AppendTidy(dst, b []byte) []byte {
	minor := h.Minor
	if h.Flags&hasCoding != 0 {
		minor = 1
	}
	dst = append(dst, "HTTP/1."...)
	dst = append(dst, '0'+minor, ' ')
	dst = strconv.AppendInt(dst, int64(h.Status), 10)
	dst = append(dst, ' ')
	dst = append(dst, h.Reason.In(b)...)
	dst = append(dst, "\r\n"...)
	told := h.Flags&hasLength == 0
	for i := range h.N {
		f := &h.Fields[i]
		if f.ID != lex.NameContentLength {
			dst = appendField(dst, f.Name().In(b), f.Value.In(b))
		} else if !told {
			told = true
			dst = append(dst, "Content-Length: "...)
			dst = strconv.AppendInt(dst, h.Length, 10)
			dst = append(dst, "\r\n"...)
		}
	}
	return append(dst, "\r\n"...)
}

func appendField(dst, name, value []byte) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}
