package http1

// trailerName collects the beginning of a trailer field's name, long enough to recognise one that is not allowed.
type trailerName struct {
	text [maxKnown]byte
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
	return t.n > 0 && t.n <= len(t.text) && identify(t.text[:t.n]) != NameOther
}

// takeTrailer reads the trailer section (RFC 9112 section 7.1.2).
func (b *Body) takeTrailer(c byte) Fault {
	if b.line++; b.line > maxTrailers {
		return FaultTrailer
	}
	switch b.step {
	case stepTrailer:
		return b.beginTrailer(c)
	case stepTrailerName:
		return b.takeTrailerName(c)
	case stepTrailerLF:
		return b.expect(c, '\n', stepTrailer, FaultTrailer)
	}
	switch { // stepTrailerValue
	case c == '\r':
		b.step = stepTrailerLF
	case c < ' ' && c != '\t' || c == 0x7f:
		return FaultTrailer
	}
	return 0
}

// beginTrailer takes the first byte of a line: of a field, or of the empty line at the end.
func (b *Body) beginTrailer(c byte) Fault {
	if c == '\r' {
		b.step = stepEndLF
		return 0
	}
	if b.fields++; b.fields > MaxFields {
		return FaultTrailer
	}
	b.name.n = 0
	b.step = stepTrailerName
	return b.takeTrailerName(c)
}

func (b *Body) takeTrailerName(c byte) Fault {
	switch {
	case classes[c]&classToken != 0:
		b.name.add(c)
	case c != ':' || b.name.n == 0 || b.name.forbidden():
		return FaultTrailer
	default:
		b.step = stepTrailerValue
	}
	return 0
}
