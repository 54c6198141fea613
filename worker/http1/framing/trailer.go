package framing

import "lbmaster/worker/http1/lex"

// trailerName collects the beginning of a trailer field's name, long enough to recognise one that is not allowed.
type trailerName struct {
	text [lex.MaxKnown]byte
	n    int
}

func (t *trailerName) add(c byte) {
	if t.n < len(t.text) {
		t.text[t.n] = c
	}
	t.n++
}

// forbidden says that the field changes how the message is understood, for which a trailer is too late (RFC 9110 section
// 6.5.1), or concerns the connection only.
func (t *trailerName) forbidden() bool {
	return t.n > 0 && t.n <= len(t.text) && lex.Identify(t.text[:t.n]) != lex.NameOther
}

// takeTrailer reads the trailer section (RFC 9112 section 7.1.2).
func (b *Body) takeTrailer(c byte) lex.Fault {
	if b.line++; b.line > maxTrailers {
		return lex.FaultTrailer
	}
	switch b.step {
	case stepTrailer:
		return b.beginTrailer(c)
	case stepTrailerName:
		return b.takeTrailerName(c)
	case stepTrailerLF:
		return b.expect(c, '\n', stepTrailer, lex.FaultTrailer)
	}
	switch { // stepTrailerValue
	case c == '\r':
		b.step = stepTrailerLF
	case c < ' ' && c != '\t' || c == 0x7f:
		return lex.FaultTrailer
	}
	return 0
}

// beginTrailer takes the first byte of a line: of a field, or of the empty line at the end.
func (b *Body) beginTrailer(c byte) lex.Fault {
	if c == '\r' {
		b.step = stepEndLF
		return 0
	}
	if b.fields++; b.fields > lex.MaxFields {
		return lex.FaultTrailer
	}
	b.name.n = 0
	b.step = stepTrailerName
	return b.takeTrailerName(c)
}

func (b *Body) takeTrailerName(c byte) lex.Fault {
	switch {
	case lex.Is(c, lex.Token):
		b.name.add(c)
	case c != ':' || b.name.n == 0 || b.name.forbidden():
		return lex.FaultTrailer
	default:
		b.step = stepTrailerValue
	}
	return 0
}
