package http1

// refuse notes that a head is bad whose lines are correct by themselves.
func (h *Head) refuse(f Fault) Verdict {
	h.fault, h.at = f, h.place(f)
	return BadRequest
}

// place is where to look for such a fault. While fields are still being read, the last one has it.
func (h *Head) place(f Fault) int {
	switch f {
	case FaultTarget:
		return int(h.Target.Off)
	case FaultHostMismatch:
		return int(h.host.Off)
	case FaultNoHost:
		return h.Size - 2 // the line at the end
	case FaultTwoHosts, FaultTwoLengths, FaultTwoCodings:
		return int(h.Fields[h.N-1].Start)
	case FaultLengthAndCoding, FaultCodingVersion, FaultUnwantedBody:
		return h.framedAt()
	case FaultCoding:
		if h.Size > 0 {
			return h.framedAt()
		}
	}
	return int(h.Fields[h.N-1].Value.Off)
}

// framedAt is where the field begins that says how long the body is: the last one, if there are several.
func (h *Head) framedAt() (at int) {
	for i := range h.N {
		if f := &h.Fields[i]; f.ID == NameTransferEncoding || f.ID == NameContentLength {
			at = int(f.Start)
		}
	}
	return at
}

// correct is how many bytes at the beginning of a value are not to blame for the fault that it has.
func correct(f Fault, value []byte) (n int) {
	switch f {
	case FaultLength:
		for n < len(value) && digit(value[n]) {
			n++
		}
	case FaultHost:
		for n < len(value) && (classes[value[n]]&classHost != 0 || value[n] == ':' || value[n] == '[' || value[n] == ']') {
			n++
		}
	}
	if n == len(value) {
		return 0 // it is wrong as a whole
	}
	return n
}
