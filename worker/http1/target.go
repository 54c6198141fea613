package http1

import (
	"bytes"

	"lbmaster/worker/http1/lex"
)

// targetFault checks the request target's form (RFC 9112 section 3.2), and that it agrees with Host.
func (h *Head) targetFault(b []byte) lex.Fault {
	t := h.Target.In(b)
	switch {
	case h.MethodID == lex.CONNECT:
		return connectFault(t)
	case t[0] == '/':
		return 0
	case len(t) == 1 && t[0] == '*' && h.MethodID == lex.OPTIONS:
		return 0
	}
	return h.absoluteFault(b, t)
}

// connectFault checks the authority-form, HOST:PORT.
func connectFault(t []byte) lex.Fault {
	colon := bytes.LastIndexByte(t, ':')
	if colon <= 0 || !validHost(t) {
		return lex.FaultTarget
	}
	if n, ok := decimal(t[colon+1:]); !ok || n < 1 || n > 65535 {
		return lex.FaultTarget
	}
	return 0
}

// absoluteFault checks the absolute-form, http://HOST/PATH. RFC 9112 section 3.2.2 lets its host win over Host; but a
// server behind us may not know that, so that both must say the same.
func (h *Head) absoluteFault(b, t []byte) lex.Fault {
	authority := afterScheme(t)
	if end := bytes.IndexAny(authority, "/?"); end >= 0 {
		authority = authority[:end]
	}
	if len(authority) == 0 || authority[0] == ':' || !validHost(authority) {
		return lex.FaultTarget
	}
	if h.Flags&HasHost != 0 && !sameFold(authority, h.host.In(b)) {
		return lex.FaultHostMismatch
	}
	return 0
}

// afterScheme is what follows "http://" or "https://", nil when neither is there.
func afterScheme(t []byte) []byte {
	for _, scheme := range [...]string{"http://", "https://"} {
		if len(t) > len(scheme) && lex.FoldEqual(t[:len(scheme)], scheme) {
			return t[len(scheme):]
		}
	}
	return nil
}

// takeHost reads a Host field (RFC 9112 section 3.2).
func (h *Head) takeHost(f *Field, value []byte) lex.Fault {
	switch {
	case h.Flags&HasHost != 0:
		return lex.FaultTwoHosts
	case len(value) > 0 && !validHost(value):
		return lex.FaultHost
	}
	h.Flags |= HasHost
	h.host = f.Value
	return 0
}

// validHost checks HOST or HOST:PORT (RFC 3986 sections 3.2.2 and 3.2.3).
func validHost(b []byte) bool {
	name, port := b, []byte(nil)
	if b[0] == '[' {
		end := bytes.IndexByte(b, ']')
		if end < 0 || !validLiteral(b[1:end]) {
			return false
		}
		name, port = nil, b[end+1:]
	} else if colon := bytes.IndexByte(b, ':'); colon >= 0 {
		name, port = b[:colon], b[colon:]
	}
	return lex.All(name, lex.Host) && validPort(port)
}

// validLiteral checks the inside of an IP literal: enough to see that it has no delimiter of another part.
func validLiteral(b []byte) bool {
	for _, c := range b {
		if !lex.Is(c, lex.Hex) && c != ':' && c != '.' {
			return false
		}
	}
	return len(b) >= 2
}

// validPort checks what follows the host: nothing, or a colon and digits, if any.
func validPort(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	for _, c := range b[1:] {
		if !digit(c) {
			return false
		}
	}
	return b[0] == ':'
}
