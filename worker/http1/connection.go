package http1

import "lbmaster/worker/http1/lex"

// nominee is a name that a Connection field has.
type nominee struct {
	hash uint32
	name Span
}

// takeConnection reads the Connection field f (RFC 9110 section 7.6.1).
func (h *Head) takeConnection(f *Field, value []byte) lex.Fault {
	for l := (list{rest: value}); l.next(); {
		switch {
		case lex.FoldEqual(l.item, "keep-alive"):
			h.Flags |= ConnKeepAlive
		case lex.FoldEqual(l.item, "close"):
			h.Flags |= ConnClose
		case lex.FoldEqual(l.item, "upgrade"):
			h.Flags |= connUpgrade
		case h.nominees == MaxNominees:
			return lex.FaultTooManyOptions
		default:
			h.Flags |= Nominates
			at := int(f.Value.Off) + cap(value) - cap(l.item) // both go on to the end of the same memory
			h.nominated[h.nominees] = nominee{keys.hash(l.item), span(at, at+len(l.item))}
			h.nominees++
		}
	}
	return 0
}

// takeUpgrade reads an Upgrade field (RFC 9110 section 7.8).
func (h *Head) takeUpgrade(value []byte) {
	h.Flags |= hasUpgrade
	for l := (list{rest: value}); l.next(); {
		if lex.FoldEqual(l.item, "h2c") {
			h.Flags |= H2C
		}
	}
}

// takeTE reads a TE field (RFC 9110 section 10.1.4).
func (h *Head) takeTE(value []byte) {
	for l := (list{rest: value}); l.next(); {
		if lex.FoldEqual(l.item, "trailers") {
			h.Flags |= TETrailers
		}
	}
}

// settleUpgrade draws the conclusion when all fields are known.
func (h *Head) settleUpgrade() {
	if h.Flags&connUpgrade != 0 && h.Flags&hasUpgrade != 0 {
		h.Flags |= ConnUpgrade
	}
}

// protected is the set of fields that a Connection field cannot nominate. They are meant for every recipient or for the
// framing of the message (RFC 9110 section 7.6.1): a client that has them taken away could hide from a server who it is
// or where the message ends.
const protected = 1<<lex.NameHost | 1<<lex.NameContentLength | 1<<lex.NameTransferEncoding | 1<<lex.NameTrailer | 1<<lex.NameCookie | 1<<lex.NameSetCookie |
	1<<lex.NameAuthorization | 1<<lex.NameXForwardedFor | 1<<lex.NameCacheControl | 1<<lex.NameExpect

// Nominated says whether a Connection field of the head b names f, which then concerns this connection only.
func (h *Head) Nominated(b []byte, f *Field) bool {
	if protected&(1<<f.ID) != 0 {
		return false
	}
	name := f.Name().In(b)
	hash := keys.hash(name)
	for _, n := range h.nominated[:h.nominees] {
		if n.hash == hash && sameFold(n.name.In(b), name) {
			return true
		}
	}
	return false
}

func sameFold(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if lex.Lower(a[i]) != lex.Lower(b[i]) {
			return false
		}
	}
	return true
}
