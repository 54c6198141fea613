package http1

import "lbmaster/worker/http1/lex"

// refuse notes that a head is bad whose lines are correct by themselves.
func (h *Head) refuse(f lex.Fault) Verdict {
	h.fault, h.at = f, h.place(f)
	return BadRequest
}

// place is where to look for such a fault. While fields are still being read, the last one has it.
func (h *Head) place(f lex.Fault) int {
	switch f {
	case lex.FaultTarget:
		return int(h.Target.Off)
	case lex.FaultHostMismatch:
		return int(h.host.Off)
	case lex.FaultNoHost:
		return h.Size - 2 // the line at the end
	case lex.FaultTwoHosts, lex.FaultTwoLengths, lex.FaultTwoCodings:
		return int(h.Fields[h.N-1].Start)
	case lex.FaultLengthAndCoding, lex.FaultCodingVersion, lex.FaultUnwantedBody:
		return h.framedAt()
	case lex.FaultCoding:
		if h.Size > 0 {
			return h.framedAt()
		}
	}
	return int(h.Fields[h.N-1].Value.Off)
}

// framedAt is where the field begins that says how long the body is: the last one, if there are several.
func (h *Head) framedAt() (at int) {
	for i := range h.N {
		if f := &h.Fields[i]; f.ID == lex.NameTransferEncoding || f.ID == lex.NameContentLength {
			at = int(f.Start)
		}
	}
	return at
}

// correct is how many bytes at the beginning of a value are not to blame for the fault that it has.
func correct(f lex.Fault, value []byte) (n int) {
	switch f {
	case lex.FaultLength:
		for n < len(value) && digit(value[n]) {
			n++
		}
	case lex.FaultHost:
		for n < len(value) && (lex.Is(value[n], lex.Host) || value[n] == ':' || value[n] == '[' || value[n] == ']') {
			n++
		}
	}
	if n == len(value) {
		return 0 // it is wrong as a whole
	}
	return n
}
