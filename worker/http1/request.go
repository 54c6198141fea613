package http1

import (
	"bytes"

	"lbmaster/worker/http1/framing"
	"lbmaster/worker/http1/lex"
)

// ParseRequest parses a request head. b has every byte of it that has come so far, from its first byte on, and may go
// on behind it. After More it is called again with more bytes, and goes on where it stopped: bytes that come one by
// one cost no more than all at once.
//
// One empty line before the request is skipped, as RFC 9112 section 2.2 wants. It counts in all offsets and in Size.
func (h *Head) ParseRequest(b []byte) Verdict {
	if h.LineEnd == 0 {
		if v := h.parseRequestLine(b); v != Done {
			return v
		}
	}
	if v := h.parseFields(b); v != Done {
		return v
	}
	return h.settleRequest(b)
}

// parseRequestLine reads METHOD SP TARGET SP VERSION (RFC 9112 section 3).
func (h *Head) parseRequestLine(b []byte) Verdict {
	from, to, ok := h.nextLine(b)
	if ok && from == 0 && to == 0 && h.fault == 0 {
		from, to, ok = h.nextLine(b)
	}
	if h.fault != 0 {
		return h.blame(b, from, beginRequest, lex.FaultLineEnd)
	}
	if !ok {
		return h.await(b, h.line, beginRequest)
	}
	line := b[from:to]
	method := bytes.IndexByte(line, ' ')
	version := bytes.LastIndexByte(line, ' ')
	if method <= 0 || version == method {
		return h.blame(b, from, beginRequest, lex.FaultRequestLine)
	}
	h.Method, h.Target = span(from, from+method), span(from+method+1, from+version)
	if !lex.All(line[:method], lex.Token) {
		return h.blame(b, from, beginRequest, lex.FaultMethod)
	}
	h.MethodID = lex.IdentifyMethod(line[:method])
	target := line[method+1 : version]
	if len(target) == 0 || !lex.All(target, lex.Target) {
		return h.blame(b, from, beginRequest, lex.FaultTarget)
	}
	switch h.takeVersion(line[version+1:]) {
	case BadRequest:
		return h.blame(b, from, beginRequest, lex.FaultVersion)
	case VersionNotSupported:
		h.fault, h.at = lex.FaultVersion, from+version+1+majorAt
		return VersionNotSupported
	}
	h.MinorAt = to - 1
	h.LineEnd = to + 2
	return Done
}

// takeVersion reads "HTTP/1.1". A higher minor version is compatible with 1.1 (RFC 9110 section 2.5).
func (h *Head) takeVersion(b []byte) Verdict {
	if string(b) == "HTTP/1.1" {
		h.Minor = 1
		return Done
	}
	if len(b) != 8 || string(b[:5]) != "HTTP/" || !digit(b[5]) || b[6] != '.' || !digit(b[7]) {
		return BadRequest
	}
	if b[majorAt] != '1' {
		return VersionNotSupported
	}
	h.Minor = min(b[7]-'0', 1)
	return Done
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// settleRequest draws the conclusions when all fields are known.
func (h *Head) settleRequest(b []byte) Verdict {
	h.settleUpgrade()
	if f := h.targetFault(b); f != 0 {
		return h.refuse(f)
	}
	if f := h.codingFault(); f != 0 {
		return h.refuse(f)
	}
	body := h.Flags&hasCoding != 0 || h.Flags&hasLength != 0 && (h.Length > 0 || h.MethodID == lex.CONNECT)
	switch {
	case h.Minor == 1 && h.Flags&HasHost == 0:
		return h.refuse(lex.FaultNoHost)
	case body && (h.MethodID == lex.CONNECT || h.MethodID == lex.TRACE): // RFC 9110 sections 9.3.6 and 9.3.8
		return h.refuse(lex.FaultUnwantedBody)
	case h.Flags&badCoding != 0:
		_ = h.refuse(lex.FaultCoding)
		return NotImplemented
	case h.Flags&hasCoding != 0:
		h.Framing = framing.Chunked
	case h.Flags&hasLength != 0 && h.Length > 0:
		h.Framing = framing.Length
	}
	return Done
}
