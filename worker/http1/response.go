package http1

import (
	"lbmaster/worker/http1/framing"
	"lbmaster/worker/http1/lex"
)

// ParseResponse parses the head of a response to a request of that method, in the way of ParseRequest. Every fault is a
// BadRequest, too many fields included.
func (h *Head) ParseResponse(b []byte, request lex.Method) Verdict {
	if h.LineEnd == 0 {
		if v := h.parseStatusLine(b); v != Done {
			return v
		}
	}
	switch v := h.parseFields(b); v {
	case Done:
		return h.settleResponse(request)
	case More:
		return More
	}
	return BadRequest
}

// parseStatusLine reads "HTTP/1.1 200 OK" (RFC 9112 section 4). The space before an empty reason is often missing.
func (h *Head) parseStatusLine(b []byte) Verdict {
	from, to, ok := h.nextStatusLine(b)
	if h.fault != 0 {
		return h.blame(b, from, beginStatus, lex.FaultLineEnd)
	}
	if !ok {
		return h.await(b, h.line, beginStatus)
	}
	line := b[from:to]
	code := h.codeAt(line)
	if len(line) < code+3 || line[8] != ' ' || len(line) > code+3 && line[code+3] != ' ' {
		return h.blame(b, from, beginStatus, lex.FaultStatusLine)
	}
	if h.takeVersion(line[:8]) != Done {
		return h.blame(b, from, beginStatus, lex.FaultVersion)
	}
	hundreds, tens, ones := line[code], line[code+1], line[code+2]
	if hundreds < '1' || hundreds > '9' || !digit(tens) || !digit(ones) {
		return h.blame(b, from, beginStatus, lex.FaultStatusLine)
	}
	h.Status = int(hundreds-'0')*100 + int(tens-'0')*10 + int(ones-'0')
	reason := min(code+4, len(line))
	if !lex.Clean(line[reason:]) {
		return h.blame(b, from, beginStatus, lex.FaultStatusLine)
	}
	h.Reason = span(from+reason, to)
	h.MinorAt = from + 7
	h.LineEnd = to + 2
	return Done
}

// settleBare takes a response that ends with its head, whatever its fields say (RFC 9112 section 6.3, rules 1 and 2).
func (h *Head) settleBare() {
	h.Flags |= Bare
	if h.Flags&hasCoding != 0 || h.Length > 0 {
		h.Flags |= Overhang
	}
	h.Length = 0
}

// settleResponse draws the conclusions when all fields are known.
func (h *Head) settleResponse(request lex.Method) Verdict {
	h.settleUpgrade()
	if h.Status < 200 || h.Status == 204 || request == lex.CONNECT && h.Status < 300 {
		h.settleBare()
		return Done
	}
	if f := h.codingFault(); f != 0 {
		return h.refuse(f)
	}
	switch {
	case h.Flags&badCoding != 0:
		return h.refuse(lex.FaultCoding)
	case request == lex.HEAD || h.Status == 304:
	case h.Flags&hasCoding != 0:
		h.Framing = framing.Chunked
	case h.Flags&hasLength == 0:
		h.Framing = framing.UntilClose
	case h.Length > 0:
		h.Framing = framing.Length
	}
	return Done
}
