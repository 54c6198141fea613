package http1

import "lbmaster/worker/http1/lex"

// parseField reads the field line b[from:to], which is not empty. It adds no field when the line itself is wrong; which fault that
// is, blame knows better.
func (h *Head) parseField(b []byte, from, to int) lex.Fault {
	line := b[from:to]
	n := 0
	for n < len(line) && lex.Is(line[n], lex.Token) {
		n++
	}
	colon := n
	if h.Tolerant {
		n, colon = h.tolerantName(line)
	}
	if n == 0 || colon == len(line) || line[colon] != ':' || n > maxName {
		return lex.FaultFieldName
	}
	start, end := from+colon+1, to
	for start < end && lex.Blank(b[start]) {
		start++
	}
	for start < end && lex.Blank(b[end-1]) {
		end--
	}
	if !lex.Clean(b[start:end]) && !(h.Tolerant && readable(b[start:end])) {
		return lex.FaultFieldValue
	}
	f := &h.Fields[h.N]
	h.N++
	f.Start, f.Value = uint32(from), span(start, end)
	f.name, f.ID = uint16(n), lex.Identify(line[:n])
	if f.ID == lex.NameOther {
		return 0
	}
	return h.interpret(f, b[start:end])
}

// interpret takes what a field means for the message as a whole.
func (h *Head) interpret(f *Field, value []byte) lex.Fault {
	switch f.ID {
	case lex.NameHost:
		return h.takeHost(f, value)
	case lex.NameContentLength:
		return h.takeLength(value)
	case lex.NameTransferEncoding:
		return h.takeCoding(value)
	case lex.NameConnection:
		return h.takeConnection(f, value)
	case lex.NameUpgrade:
		h.takeUpgrade(value)
	case lex.NameAuthorization, lex.NameProxyAuthorization:
		h.takeCredentials(value)
	case lex.NameWWWAuthenticate, lex.NameProxyAuthenticate:
		h.takeChallenges(value)
	case lex.NameTE:
		h.takeTE(value)
	case lex.NameExpect:
		if lex.FoldEqual(value, "100-continue") {
			h.Flags |= Expect100
		}
	}
	return 0
}
