package http1

import (
	"math"

	"lbmaster/worker/http1/lex"
)

// takeLength reads a Content-Length field. A repeated one is refused even when it is the same, which RFC 9112
// section 6.3 leaves to the recipient: lists and repetitions are where parsers disagree.
func (h *Head) takeLength(value []byte) lex.Fault {
	n, ok := decimal(value)
	switch {
	case h.Tolerant && (!ok || h.Flags&hasLength != 0):
		return h.takeSameLength(value)
	case h.Flags&hasLength != 0:
		return lex.FaultTwoLengths
	}
	h.Flags |= hasLength
	if !ok {
		return lex.FaultLength
	}
	h.Length = n
	return 0
}

// decimal reads a number that has digits only and fits in an int64.
func decimal(b []byte) (n int64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		d := int64(c) - '0'
		if d < 0 || d > 9 || n > (math.MaxInt64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}

// takeCoding reads a Transfer-Encoding field. Only "chunked" by itself is of use to a proxy that passes bodies on as
// they are. Other codings before it could be implemented by somebody; without it at the end, or with it twice, the end
// of the body is uncertain (RFC 9112 sections 6.1 and 6.3).
func (h *Head) takeCoding(value []byte) lex.Fault {
	if h.Flags&hasCoding != 0 {
		return lex.FaultTwoCodings
	}
	h.Flags |= hasCoding
	if lex.FoldEqual(value, "chunked") {
		return 0
	}
	const maxCodings = 16 // that somebody may want to apply to a message
	chunked, others := 0, 0
	last := false
	for l := (list{rest: value}); l.next(); {
		last = lex.FoldEqual(l.item, "chunked")
		switch {
		case last:
			chunked++
		case others < maxCodings && lex.All(l.item, lex.Token):
			others++
		default:
			return lex.FaultCoding
		}
	}
	if !last || chunked != 1 || others == 0 {
		return lex.FaultCoding
	}
	h.Flags |= badCoding
	return 0
}

// codingFault checks what a Transfer-Encoding needs besides itself.
func (h *Head) codingFault() lex.Fault {
	switch {
	case h.Flags&hasCoding == 0:
		return 0
	case h.Tolerant && (h.Flags&hasLength != 0 || h.Minor == 0):
		h.preferChunks()
		return 0
	case h.Flags&hasLength != 0:
		return lex.FaultLengthAndCoding
	case h.Minor == 0: // RFC 9112 section 6.1: faulty framing
		return lex.FaultCodingVersion
	}
	return 0
}

// list walks over the elements of a comma-separated list, empty ones left out (RFC 9110 section 5.6.1).
type list struct {
	rest []byte
	item []byte // without the white space around it
}

func (l *list) next() bool {
	for len(l.rest) > 0 {
		n := 0
		for n < len(l.rest) && l.rest[n] != ',' {
			n++
		}
		l.item = trim(l.rest[:n])
		l.rest = l.rest[min(n+1, len(l.rest)):]
		if len(l.item) > 0 {
			return true
		}
	}
	return false
}

func trim(b []byte) []byte {
	for len(b) > 0 && lex.Blank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && lex.Blank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}
