package http1

// takeConnection reads a Connection field (RFC 9110 section 7.6.1).
func (h *Head) takeConnection(value []byte) {
	for l := (list{rest: value}); l.next(); {
		switch {
		case foldEqual(l.item, "keep-alive"):
			h.Flags |= ConnKeepAlive
		case foldEqual(l.item, "close"):
			h.Flags |= ConnClose
		case foldEqual(l.item, "upgrade"):
			h.Flags |= connUpgrade
		default:
			h.Flags |= Nominates
		}
	}
}

// takeUpgrade reads an Upgrade field (RFC 9110 section 7.8).
func (h *Head) takeUpgrade(value []byte) {
	h.Flags |= hasUpgrade
	for l := (list{rest: value}); l.next(); {
		if foldEqual(l.item, "h2c") {
			h.Flags |= H2C
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
const protected = 1<<NameHost | 1<<NameContentLength | 1<<NameTransferEncoding | 1<<NameTrailer | 1<<NameCookie | 1<<NameSetCookie |
	1<<NameAuthorization | 1<<NameXForwardedFor | 1<<NameCacheControl | 1<<NameExpect

// Nominated says whether a Connection field of the head b names f, which then concerns this connection only.
func (h *Head) Nominated(b []byte, f *Field) bool {
	if protected&(1<<f.ID) != 0 {
		return false
	}
	name := f.Name.In(b)
	for i := range h.N {
		if c := &h.Fields[i]; c.ID == NameConnection && lists(c.Value.In(b), name) {
			return true
		}
	}
	return false
}

// lists says whether a comma-separated list has the item, in any case.
func lists(value, item []byte) bool {
	for l := (list{rest: value}); l.next(); {
		if sameFold(l.item, item) {
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
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}
