package framing

import (
	"math"

	"lbmaster/worker/http1/lex"
)

// Body checks the bytes of a body as they pass, and finds its end. They are meant to be forwarded as they are, chunk
// lines and trailers included: so these are checked as strictly as a head. The zero value is a body of no bytes.
type Body struct {
	framing  Kind
	step     step
	tolerant bool  // see Tolerate
	left     int64 // bytes of data until the end of the body or chunk
	line     int   // bytes of the chunk line or of the trailer section so far
	excess   int64 // overhead that the data does not justify
	fields   int   // trailer fields so far
	fault    lex.Fault
	at       int64 // where that is
	passed   int64 // bytes of chunks so far, framing included
	name     trailerName
}

// step is where in a chunked body the next byte stands (RFC 9112 section 7.1).
//
//	stepSize -> stepSizeMore -> [stepSizeBlank] -> [stepExtension] -> stepSizeLF -> stepData -> stepDataCR -> stepDataLF -> stepSize
//	                                                   | size 0
//	                                                   v
//	  stepTrailer -> stepTrailerName -> stepTrailerValue -> stepTrailerLF -> stepTrailer
//	      | CR
//	      v
//	  stepEndLF -> stepEnd
type step uint8

const (
	stepSize         step = iota // the first digit of a chunk size
	stepSizeMore                 // another digit, or what follows the size
	stepSizeBlank                // white space between the size and an extension
	stepExtension                // chunk extension
	stepSizeLF                   // the LF of the chunk line
	stepData                     // left bytes of data
	stepDataCR                   // the CR behind the data
	stepDataLF                   // and its LF
	stepTrailer                  // the first byte of a trailer line, or of the empty line at the end
	stepTrailerName              // in the name of a trailer field
	stepTrailerValue             // in its value
	stepTrailerLF                // its LF
	stepEndLF                    // the LF of the empty line
	stepEnd
)

const (
	maxChunkLine = 256     // bytes of a chunk line, extensions included
	maxDigits    = 16      // of a chunk size, leading zeros included
	maxTrailers  = 8 << 10 // bytes of the trailer section
	maxExcess    = 16 << 10
)

// Start begins a body.
func (b *Body) Start(f Kind, length int64) {
	*b = Body{framing: f, left: length}
}

// Tolerate lets the chunks of a body be read that has been begun for a tolerant Head: sizes may be padded with white space.
func (b *Body) Tolerate() { b.tolerant = true }

// Consume says how many of the next bytes p belong to the body, and whether it ends with them. With a fault, n is how many came before
// the chunk line, line end or trailer section that has it, and could pass. It is not called again after the end or a fault.
func (b *Body) Consume(p []byte) (n int, done bool, f lex.Fault) {
	switch b.framing {
	case None:
		return 0, true, 0
	case Length:
		n = int(min(int64(len(p)), b.left))
		b.left -= int64(n)
		return n, b.left == 0, 0
	case Chunked:
		return b.consumeChunks(p)
	}
	return len(p), false, 0
}

// Fault is what Consume has found wrong; 0: nothing.
func (b *Body) Fault() lex.Fault { return b.fault }

// FaultAt is where the byte stands that makes the fault, in the body with its framing.
func (b *Body) FaultAt() int64 { return b.at }

// Plain says how many of the next bytes are data in any case, whatever they are: nobody needs to look at them. The end of a
// chunk is seldom far.
func (b *Body) Plain() int64 {
	switch {
	case b.framing == UntilClose:
		return math.MaxInt64
	case b.framing == Length || b.step == stepData:
		return b.left
	}
	return 0
}

// Skip takes note of n of the Plain bytes, which have passed unseen, and says whether the body ends with them.
func (b *Body) Skip(n int64) (done bool) {
	if b.framing == UntilClose {
		return false
	}
	b.passed += n
	if b.left -= n; b.left == 0 && b.framing == Chunked {
		b.step = stepDataCR
	}
	return b.left == 0 && b.framing == Length
}

func (b *Body) consumeChunks(p []byte) (n int, done bool, f lex.Fault) {
	whole := 0 // bytes before what is being read
	for n < len(p) {
		if b.step == stepData {
			n += b.data(p[n:])
			whole = n
			continue
		}
		if f = b.take(p[n]); f != 0 {
			b.fault, b.at = f, b.passed+int64(n)
			b.passed += int64(whole)
			return whole, false, f
		}
		n++
		switch b.step {
		case stepSize:
			whole = n
		case stepEnd:
			return n, true, 0
		}
	}
	b.passed += int64(n)
	return n, false, 0
}

// data takes the bytes of p that are data, and says how many those are.
func (b *Body) data(p []byte) int {
	n := int(min(int64(len(p)), b.left))
	if b.left -= int64(n); b.left == 0 {
		b.step = stepDataCR
	}
	return n
}

// Unwrap is Consume of a chunked body for a recipient that knows no chunks: of the next bytes p the first ones, as many as framing says,
// should not pass, and the data bytes behind them should. What follows those is for the next call.
func (b *Body) Unwrap(p []byte) (framing, data int, done bool, f lex.Fault) {
	for framing < len(p) && b.step != stepData {
		if f = b.take(p[framing]); f != 0 {
			b.fault, b.at = f, b.passed+int64(framing)
			return framing, 0, false, f
		}
		framing++
		if b.step == stepEnd {
			return framing, 0, true, 0
		}
	}
	if b.step == stepData {
		data = b.data(p[framing:])
	}
	b.passed += int64(framing + data)
	return framing, data, false, 0
}

// take checks one byte that is not data.
func (b *Body) take(c byte) lex.Fault {
	switch b.step {
	case stepSize, stepSizeMore:
		return b.takeSize(c)
	case stepSizeBlank:
		return b.takeSizeBlank(c)
	case stepExtension:
		return b.takeExtension(c)
	case stepSizeLF:
		return b.takeSizeLF(c)
	case stepDataCR:
		return b.expect(c, '\r', stepDataLF, lex.FaultChunkEnd)
	case stepDataLF:
		return b.expect(c, '\n', stepSize, lex.FaultChunkEnd)
	case stepEndLF:
		return b.expect(c, '\n', stepEnd, lex.FaultTrailer)
	}
	return b.takeTrailer(c)
}

// expect lets one byte pass only.
func (b *Body) expect(c, want byte, next step, f lex.Fault) lex.Fault {
	if c != want {
		return f
	}
	b.step = next
	return 0
}

// takeSize reads chunk-size.
func (b *Body) takeSize(c byte) lex.Fault {
	d := hexValue(c)
	switch {
	case d >= 0 && b.step == stepSize:
		b.step, b.left, b.line = stepSizeMore, int64(d), 1
		return 0
	case d >= 0 && b.left <= math.MaxInt64>>4 && b.line < maxDigits:
		b.left = b.left<<4 | int64(d)
		return b.lengthen()
	case d >= 0 || b.step == stepSize:
	case c == ';':
		b.step = stepExtension
		return b.lengthen()
	case c == '\r':
		b.step = stepSizeLF
		return 0
	case lex.Blank(c):
		b.step = stepSizeBlank
		return b.lengthen()
	}
	return lex.FaultChunkSize
}

// takeSizeBlank passes the white space that may stand before an extension (RFC 9112 section 7.1.1). Before the end of the line it is
// padding, which old servers write.
func (b *Body) takeSizeBlank(c byte) lex.Fault {
	switch {
	case lex.Blank(c):
	case c == ';':
		b.step = stepExtension
	case c == '\r' && b.tolerant:
		b.step = stepSizeLF
		return 0
	default:
		return lex.FaultChunkSize
	}
	return b.lengthen()
}

// lengthen counts a byte of a chunk line.
func (b *Body) lengthen() lex.Fault {
	if b.line++; b.line > maxChunkLine {
		return lex.FaultChunkExtension
	}
	return 0
}

// takeExtension lets a chunk extension pass (RFC 9112 section 7.1.1).
func (b *Body) takeExtension(c byte) lex.Fault {
	switch {
	case c == '\r':
		b.step = stepSizeLF
		return 0
	case c < ' ' && c != '\t' || c >= 0x7f:
		return lex.FaultChunkExtension
	}
	return b.lengthen()
}

// takeSizeLF ends a chunk line. A sender that splits data into tiny chunks, or decorates them, makes us work for
// nothing: the overhead, two line ends included, may exceed what ordinary chunks need by maxExcess bytes in all.
func (b *Body) takeSizeLF(c byte) lex.Fault {
	if c != '\n' {
		return lex.FaultLineEnd
	}
	b.excess = max(0, b.excess+int64(b.line)+4-16-min(b.left, math.MaxInt64/4)*2)
	switch {
	case b.excess > maxExcess:
		return lex.FaultChunkWaste
	case b.left == 0:
		b.step, b.line = stepTrailer, 0
	default:
		b.step = stepData
	}
	return 0
}

func hexValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
