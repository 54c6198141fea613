// Package http1 parses HTTP/1.0 and HTTP/1.1 (RFC 9110, RFC 9112): heads, framing, and bodies as they pass.
//
// It does no I/O and allocates nothing. Heads are parsed in place as bytes arrive: a Head refers to the bytes by
// spans, which stay good as long as the bytes stay where the head began.
//
// It is strict: what two parsers could read differently is refused, because a proxy that passes it on lets a client
// talk to a server behind everybody's back (RFC 9112 section 11.2).
package http1

import (
	"bytes"
	"math"

	"lbmaster/worker/http1/framing"
	"lbmaster/worker/http1/lex"
)

// MaxNominees is the number of names that Connection fields may have besides close, keep-alive and upgrade. Each costs time for
// every field.
const MaxNominees = 32

// MaxHead is the size in bytes beyond which spans cannot reach: a caller must give up before.
const MaxHead = math.MaxInt32

// Span is a part of a head, relative to its first byte.
type Span struct{ Off, Len uint32 }

// In is the part of the head b that the span means.
func (s Span) In(b []byte) []byte { return b[s.Off : int(s.Off)+int(s.Len)] }

func span(from, to int) Span { return Span{uint32(from), uint32(to - from)} }

// maxName is the length of a field name that a Field has room for.
const maxName = math.MaxUint16

// Field is one field line. A Head has room for many of them, so that it holds nothing that is easily derived.
type Field struct {
	Start uint32 // of the line, and of the name
	Value Span   // without the white space around it
	name  uint16 // length
	ID    lex.Name
}

// Name is where the field's name is.
func (f *Field) Name() Span { return Span{f.Start, uint32(f.name)} }

// End is where the line ends in the head b, its CR LF included: behind the value and what white space follows it.
func (f *Field) End(b []byte) int {
	end := int(f.Value.Off) + int(f.Value.Len)
	for lex.Blank(b[end]) {
		end++
	}
	return end + 2
}

// Flags is a set of facts about a head.
type Flags uint32

const (
	HasHost       Flags = 1 << iota
	ConnClose           // Connection has "close"
	ConnKeepAlive       // Connection has "keep-alive"
	ConnUpgrade         // Connection has "upgrade", and there is an Upgrade field
	Expect100           // Expect is "100-continue"
	Nominates           // Connection names other fields, see Nominated
	H2C                 // Upgrade offers "h2c"
	ConnAuth            // credentials or a challenge of a scheme that identifies the connection, not the request
	Bare                // a response of which RFC 9110 section 8.6 says that it must not tell a length, nor RFC 9112 section 6.1 a coding
	Overhang            // it tells one all the same: what follows may be a body that nobody expects
	TETrailers          // TE has "trailers"
	Untidy              // a tolerant head's bytes should not go on as they are

	connUpgrade // Connection has "upgrade"
	hasUpgrade
	hasLength
	hasCoding
	badCoding // the codings end with chunked, but there are others
)

// Head is a parsed request or response head. The zero value is ready for use; Reset makes it so again.
type Head struct {
	Method   Span // request
	Target   Span // request
	Reason   Span // response
	MethodID lex.Method
	Minor    uint8 // of HTTP/1.x: 0, or 1 for all that are higher
	Status   int   // response
	N        int   // number of Fields
	LineEnd  int   // where the first line ends, CR LF included; 0: not complete yet
	MinorAt  int   // where the digit of the minor version stands
	Size     int   // bytes of the head, the empty line at its end included
	Framing  framing.Kind
	Length   int64 // of the body, with Framing Length
	Flags    Flags
	Tolerant bool // of responses: see tolerant.go; it stays as it is over Reset

	fault lex.Fault
	at    int // where that is
	line  int // where the line begins that is not parsed yet
	scan  int // up to where its end has been looked for
	open  unfinished
	host  Span

	nominees  int                  // in nominated
	nominated [MaxNominees]nominee // by Connection fields

	Fields [lex.MaxFields]Field
}

// Reset makes the head ready for another message.
func (h *Head) Reset() {
	h.Method, h.Target, h.Reason, h.host = Span{}, Span{}, Span{}, Span{}
	h.MethodID, h.Minor, h.Status = 0, 0, 0
	h.N, h.LineEnd, h.Size = 0, 0, 0
	h.Framing, h.Length, h.Flags = framing.None, 0, 0
	h.fault, h.at, h.line, h.scan, h.nominees, h.open.part = 0, 0, 0, 0, 0, 0
}

// Fault is the reason of a verdict other than More and Done.
func (h *Head) Fault() lex.Fault { return h.fault }

// FaultAt is where the byte stands, in the head, that makes the fault; or, of a meaning that cannot be, where what means it
// begins; or where something is missing.
func (h *Head) FaultAt() int { return h.at }

// Overflow is the verdict on a head that is longer than limit, complete or not.
func (h *Head) Overflow(limit int) Verdict {
	h.fault, h.at = lex.FaultTooLarge, limit
	if h.LineEnd == 0 || h.LineEnd > limit {
		return URITooLong
	}
	return FieldsTooLarge
}

// nextLine finds the next line, without its end. ok is false when it is not complete; a line that does not end with
// CR LF is a fault (RFC 9112 section 2.2 allows a bare LF to be taken for a line end, which others may see differently).
func (h *Head) nextLine(b []byte) (from, to int, ok bool) {
	if h.Tolerant {
		return h.nextTolerantLine(b)
	}
	i := bytes.IndexByte(b[h.scan:], '\n')
	if i < 0 {
		h.scan = len(b)
		return 0, 0, false
	}
	from, to = h.line, h.scan+i-1
	h.line = to + 2
	h.scan = h.line
	if to < from || b[to] != '\r' {
		h.fault = lex.FaultLineEnd
	}
	return from, to, true
}

// parseFields reads field lines up to the empty line.
func (h *Head) parseFields(b []byte) Verdict {
	for {
		from, to, ok := h.nextLine(b)
		if !ok || from >= to || h.fault != 0 || h.N == lex.MaxFields {
			return h.noField(b, from, to, ok)
		}
		if f := h.parseField(b, from, to); f != 0 {
			return h.badField(b, from, f)
		}
	}
}

// noField goes on with what is no field line, or not yet, or one too many.
func (h *Head) noField(b []byte, from, to int, ok bool) Verdict {
	begin := beginField
	if h.N == lex.MaxFields {
		begin = beginExcess
	}
	switch {
	case !ok:
		return h.await(b, h.line, begin)
	case h.fault != 0 || from != to:
		return h.blame(b, from, begin, lex.FaultTooManyFields)
	}
	h.Size = h.line
	return Done
}

// badField refuses the field line that begins at from: for its meaning if it is the last one among Fields, else for its form.
func (h *Head) badField(b []byte, from int, f lex.Fault) Verdict {
	if h.N == 0 || int(h.Fields[h.N-1].Start) != from {
		return h.blame(b, from, beginField, f)
	}
	v := h.refuse(f)
	h.at += correct(f, h.Fields[h.N-1].Value.In(b))
	return v
}
