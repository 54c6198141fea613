package http1

import (
	"bytes"

	"lbmaster/worker/http1/lex"
)

// unfinished is how far a line has been looked at before it is complete. Bytes that can never become a line of a head are
// refused when they come: who sends them need not wait for the time-out. It also finds out where a complete line is wrong,
// so that the verdict does not depend on how the bytes come. Lines that come complete and correct never meet it.
type unfinished struct {
	line int // where it begins
	next int // the byte that is to be looked at
	word int // where the part begins that this byte belongs to
	part part
}

// part is what the next byte of a line belongs to.
//
//	beginRequest -> inMethod -> inTarget -> inVersion -> atLF
//	beginStatus  -> inStatus -> [inReason] -> atLF
//	beginField   -> inName   -> inValue  -> atLF
//	beginExcess  -> atLF
//
// From beginRequest and beginField an empty line goes to atLF at once.
type part uint8

const (
	_            part = iota // nothing has been looked at
	beginRequest             // the first byte of a request line
	beginStatus              // of a status line
	beginField               // of a field line, or of the empty line at the end
	beginExcess              // of the empty line: there are as many fields as may be
	inMethod
	inTarget
	inVersion
	inStatus // version and status code
	inReason
	inName // of a field
	inValue
	atLF // the LF behind a CR
)

// await goes on looking at the line of b that begins at from and has no end yet.
func (h *Head) await(b []byte, from int, begin part) Verdict {
	if h.Tolerant {
		return More
	}
	if h.fault = h.examine(b, from, begin); h.fault != 0 {
		return h.badLine()
	}
	return More
}

// blame refuses the complete line that begins at from. What examine finds wrong with it counts, and where; f only if that is
// nothing.
func (h *Head) blame(b []byte, from int, begin part, f lex.Fault) Verdict {
	h.fault = f
	if h.Tolerant { // much of what examine finds is none
		h.at = from
	} else if found := h.examine(b[:h.line], from, begin); found != 0 {
		h.fault = found
	} else {
		h.at = from
	}
	return h.badLine()
}

// badLine is the verdict on a line with a fault.
func (h *Head) badLine() Verdict {
	if h.fault == lex.FaultTooManyFields {
		return FieldsTooLarge
	}
	return BadRequest
}

// examine looks at those bytes of the line of b from from on that it has not seen.
func (h *Head) examine(b []byte, from int, begin part) lex.Fault {
	u := &h.open
	if u.part == 0 || u.line != from {
		*u = unfinished{line: from, next: from, part: begin}
	}
	for u.skipText(b); u.next < len(b); u.skipText(b) {
		if f := u.take(b[u.next]); f != 0 {
			h.at = u.next
			return f
		}
		u.next++
	}
	return 0
}

// skipText passes over a run of correct text, which may be long.
func (u *unfinished) skipText(b []byte) {
	if u.part != inReason && u.part != inValue {
		return
	}
	text := b[u.next:]
	if end := bytes.IndexByte(text, '\r'); end >= 0 {
		text = text[:end]
	}
	if lex.Clean(text) {
		u.next += len(text)
	}
}

// take looks at one byte.
func (u *unfinished) take(c byte) lex.Fault {
	if c == '\n' && u.part != atLF {
		return lex.FaultLineEnd
	}
	switch u.part {
	case beginRequest:
		return u.takeFirst(c)
	case beginStatus, inStatus:
		return u.takeStatus(c)
	case beginField:
		return u.takeFieldStart(c)
	case beginExcess:
		u.enter(atLF, 1)
		return need(c == '\r', lex.FaultTooManyFields)
	case inMethod:
		return u.takeMethod(c)
	case inTarget:
		return u.takeTarget(c)
	case inVersion:
		return u.takeVersion(c)
	case inName:
		return u.takeName(c)
	case inReason:
		return u.takeText(c, lex.FaultStatusLine)
	case inValue:
		return u.takeText(c, lex.FaultFieldValue)
	}
	return need(c == '\n', lex.FaultLineEnd) // atLF
}

// enter makes p the part that begins ahead bytes behind this one.
func (u *unfinished) enter(p part, ahead int) { u.part, u.word = p, u.next+ahead }

// takeFirst takes the first byte of a request. Only the very first line may be empty.
func (u *unfinished) takeFirst(c byte) lex.Fault {
	switch {
	case c == '\r' && u.line == 0:
		u.enter(atLF, 1)
		return 0
	case c == '\r' || c == ' ':
		return lex.FaultRequestLine
	}
	u.enter(inMethod, 0)
	return u.takeMethod(c)
}

func (u *unfinished) takeMethod(c byte) lex.Fault {
	switch {
	case lex.Is(c, lex.Token):
	case c == ' ':
		u.enter(inTarget, 1)
	case c == '\r':
		return lex.FaultRequestLine
	default:
		return lex.FaultMethod
	}
	return 0
}

func (u *unfinished) takeTarget(c byte) lex.Fault {
	switch {
	case lex.Is(c, lex.Target):
	case c == ' ' && u.next > u.word:
		u.enter(inVersion, 1)
	case c == ' ' || c == '\r':
		return lex.FaultRequestLine
	default:
		return lex.FaultTarget
	}
	return 0
}

// takeVersion takes a byte of the version of a request. Which one it is counts when the line is complete.
func (u *unfinished) takeVersion(c byte) lex.Fault {
	n := u.next - u.word
	switch {
	case n < versionSize && (c == versionText[n] || versionText[n] == '1' && digit(c)):
	case n == versionSize && c == '\r':
		u.enter(atLF, 1)
	case c == ' ':
		return lex.FaultRequestLine
	default:
		return lex.FaultVersion
	}
	return 0
}

const (
	versionText = "HTTP/1.1"
	versionSize = len(versionText)
	majorAt     = 5 // where the digit of the major version stands
)

// takeStatus takes a byte of "HTTP/1.1 200".
func (u *unfinished) takeStatus(c byte) lex.Fault {
	if u.part == beginStatus {
		u.enter(inStatus, 0)
	}
	switch n := u.next - u.word; n {
	case 0, 1, 2, 3, 4:
		return need(c == versionText[n], lex.FaultStatusLine)
	case majorAt, majorAt + 1:
		return need(c == versionText[n], lex.FaultVersion)
	case majorAt + 2:
		return need(digit(c), lex.FaultVersion)
	case 8:
		return need(c == ' ', lex.FaultStatusLine)
	case 9:
		return need(digit(c) && c != '0', lex.FaultStatusLine)
	case 10, 11:
		return need(digit(c), lex.FaultStatusLine)
	}
	if c == '\r' {
		u.enter(atLF, 1)
		return 0
	}
	u.enter(inReason, 1)
	return need(c == ' ', lex.FaultStatusLine)
}

func need(ok bool, f lex.Fault) lex.Fault {
	if ok {
		return 0
	}
	return f
}

func (u *unfinished) takeFieldStart(c byte) lex.Fault {
	switch {
	case c == '\r':
		u.enter(atLF, 1)
		return 0
	case lex.Blank(c):
		return lex.FaultFolding // RFC 9112 section 5.2
	}
	u.enter(inName, 0)
	return u.takeName(c)
}

func (u *unfinished) takeName(c byte) lex.Fault {
	switch {
	case lex.Is(c, lex.Token):
	case c == ':' && u.next > u.word:
		u.enter(inValue, 1)
	case lex.Blank(c):
		return lex.FaultSpaceBeforeColon // RFC 9112 section 5.1
	default:
		return lex.FaultFieldName
	}
	return 0
}

// takeText takes a byte of a text that has no control character but HTAB; f is the fault of one.
func (u *unfinished) takeText(c byte, f lex.Fault) lex.Fault {
	switch {
	case c == '\r':
		u.enter(atLF, 1)
	case c < ' ' && c != '\t' || c == 0x7f:
		return f
	}
	return 0
}
