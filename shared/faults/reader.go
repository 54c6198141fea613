package faults

import (
	"encoding/binary"
	"fmt"

	"lbmaster/shared/shm"
)

// Reader reads the memory of a worker.
type Reader struct {
	segment *shm.Reader
	page    [pageSize]byte
}

// ReadOnly is a descriptor of the memory behind fd for a Reader. It is the caller's.
func ReadOnly(fd int) (int, error) { return shm.ReadOnly(fd) }

// NewReader reads the memory behind fd, and takes ownership of fd if there is no error.
func NewReader(fd int) (*Reader, error) {
	segment, err := shm.NewReader(fd, kind, version)
	if err != nil {
		return nil, fmt.Errorf("memory for faults: %w", err)
	}
	return &Reader{segment: segment}, nil
}

// Close ends the reading.
func (r *Reader) Close() error { return r.segment.Close() }

// Seen is what Visit has met.
type Seen struct {
	Events uint64 // faults that were written, those among them that others have replaced
	Torn   int    // pages that were being written, or make no sense
}

// Visit calls do for each fault, which it must not keep. One goroutine at a time may visit.
func (r *Reader) Visit(do func(*Fault)) (seen Seen, err error) {
	for at := pagesAt; ; at += pageSize {
		written, ok, err := r.segment.Written(at)
		if !ok || err != nil {
			return seen, err
		}
		if at += (written - at) / pageSize * pageSize; at+pageSize > r.segment.Size() {
			return seen, nil
		}
		if err := r.visit(at, do, &seen); err != nil {
			return seen, err
		}
	}
}

func (r *Reader) visit(at int, do func(*Fault), seen *Seen) error {
	seq, whole, err := r.read(at)
	if err != nil || seq == 0 {
		return err
	}
	seen.Events += seq / 2
	f, ok := decode(r.page[:])
	if !whole || !ok {
		seen.Torn++
		return nil
	}
	do(&f)
	return nil
}

// tries is how often a page is read while it changes. A writer needs less than a microsecond; one that needs more, or writes without
// end, is not waited for.
const tries = 8

// read reads the page at an offset, and says whether it has met it whole. With seq 0 nothing was ever written there.
func (r *Reader) read(at int) (seq uint64, whole bool, err error) {
	var after [8]byte
	for range tries {
		if err := r.segment.ReadAt(r.page[:8], at); err != nil {
			return 0, false, err
		}
		seq = binary.NativeEndian.Uint64(r.page[:])
		if seq == 0 {
			return 0, false, nil
		}
		if err := r.segment.ReadAt(r.page[8:], at+8); err != nil {
			return 0, false, err
		}
		if err := r.segment.ReadAt(after[:], at); err != nil {
			return 0, false, err
		}
		if seq%2 == 0 && seq == binary.NativeEndian.Uint64(after[:]) {
			return seq, true, nil
		}
	}
	return seq, false, nil
}

// decode reads a page, which may have anything in it.
func decode(p []byte) (f Fault, ok bool) {
	number := func(i int) int64 { return int64(binary.NativeEndian.Uint64(p[8*i:])) }
	short := func(i int) int { return int(binary.NativeEndian.Uint16(p[5*8+2*i:])) }
	f = Fault{When: number(1), At: number(2), Seen: number(3), First: number(4), Status: short(0)}
	f.Response, f.Cut = short(1)&isResponse != 0, short(1)&isCut != 0
	var all [parts][]byte
	rest := p[pageSize-dataSize:]
	for i := range all {
		n := short(2 + i)
		if n > limits[i] || n > len(rest) {
			return f, false
		}
		all[i], rest = rest[:n:n], rest[n:]
	}
	f.Client, f.Bytes = all[client], all[content]
	f.Frontend, f.Backend, f.Server, f.Text = string(all[frontend]), string(all[backend]), string(all[server]), string(all[text])
	return f, inRange(f.When, 0) && inRange(f.At, -1) && inRange(f.Seen, 0) && inRange(f.First, 0)
}

// inRange says that a number can be meant: sums of such numbers do not overflow.
func inRange(n, least int64) bool { return n >= least && n < 1<<60 }
