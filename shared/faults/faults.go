// Package faults is the last bad request of each frontend and the last bad response of each backend, in memory that the worker which
// got them writes and the monitor reads.
//
// Each worker has a segment of its own: heads have cookies and credentials, which are nobody else's business. It has a page for each
// frontend and each backend. A page that nothing was written to takes no memory.
//
//	0              | page - header   | + page          ...
//	| not used     | fault of place 0 | fault of place 1 | ...
//
// Nobody waits for anybody. A writer makes the sequence number of a page odd, writes, and makes it even; a reader takes what it has
// read for good when it has met the same even number before and after. It distrusts all of it: a worker may have been taken over by
// somebody who sends nonsense.
package faults

import (
	"fmt"
	"sync/atomic"

	"lbmaster/shared/shm"
)

// Fault is a message that was bad, and why.
type Fault struct {
	When     int64 // ms since 1970
	Response bool  // else a request
	Cut      bool  // the response had begun, and was cut
	Status   int   // that the client got
	Client   []byte
	Frontend string
	Backend  string // "": none was chosen
	Server   string // "": none was chosen
	Text     string // what is wrong
	At       int64  // where in the message the byte stands that makes it; below 0: nowhere in particular
	Seen     int64  // bytes of the message that had come
	First    int64  // where in the message Bytes begins
	Bytes    []byte // what was at hand of the message; of what is read, as much as had room
}

const (
	kind    = 0x6661_756c // "faul"
	version = 1

	pageSize = 4096
	pagesAt  = pageSize - shm.HeaderSize // so that a fault is in one page of the machine
)

// The parts of a page's data, one behind the other.
const (
	client = iota
	frontend
	backend
	server
	text
	content
	parts
)

// limits are how long the parts may be, in bytes. The last one has what the others leave.
var limits = [parts]int{64, 128, 128, 128, 160, dataSize}

const dataSize = pageSize - 5*8 - 2*2 - 2*parts

// page is one fault. Its layout is known to Reader too.
type page struct {
	seq    atomic.Uint64 // odd while the rest is being written; 0: it never was
	when   int64
	at     int64
	seen   int64
	first  int64
	status uint16
	flags  uint16
	sizes  [parts]uint16
	data   [dataSize]byte
}

// The flags.
const (
	isResponse = 1 << iota
	isCut
)

// Create makes the memory of one worker, for that many frontends and backends. The descriptor is the caller's.
func Create(places int) (fd int, err error) {
	segment, err := shm.Create("lbmaster-faults", kind, version, pagesAt+places*pageSize)
	if err != nil {
		return -1, err
	}
	return segment.Release()
}

// Memory is where a worker writes its faults. It has one writer.
type Memory struct {
	segment *shm.Segment
	pages   []page
}

// Open maps the memory behind fd, and takes ownership of fd if there is no error.
func Open(fd, places int) (*Memory, error) {
	segment, err := shm.Open(fd, kind, version)
	if err != nil {
		return nil, fmt.Errorf("memory for faults: %w", err)
	}
	if n := (segment.Size() - pagesAt) / pageSize; n < places {
		return nil, fmt.Errorf("memory for faults: it has %d places, not %d", n, places)
	}
	return &Memory{segment, shm.Slice[page](segment, pagesAt, places)}, nil
}

// Close unmaps the memory.
func (m *Memory) Close() error { return m.segment.Close() }

// Put replaces the fault of a place. It allocates nothing. Of Bytes it keeps what stands around the byte that makes the fault.
func (m *Memory) Put(place int, f *Fault) {
	p := &m.pages[place]
	p.begin()
	p.when, p.at, p.seen, p.status, p.flags = f.When, f.At, f.Seen, uint16(f.Status), flagsOf(f)
	n := copyPart(p, client, 0, f.Client)
	n = copyPart(p, frontend, n, f.Frontend)
	n = copyPart(p, backend, n, f.Backend)
	n = copyPart(p, server, n, f.Server)
	n = copyPart(p, text, n, f.Text)
	from := around(f, dataSize-n)
	p.first = f.First + int64(from)
	copyPart(p, content, n, f.Bytes[from:])
	p.end()
}

// begin makes the sequence number odd. A writer that died in the middle has left it so. Adding, unlike storing, also keeps what is
// written next from being seen before.
func (p *page) begin() { p.seq.Add(1 + p.seq.Load()&1) }

func (p *page) end() { p.seq.Add(1) }

func flagsOf(f *Fault) (flags uint16) {
	if f.Response {
		flags |= isResponse
	}
	if f.Cut {
		flags |= isCut
	}
	return flags
}

// copyPart writes a part at n of the data, and returns where the next one begins.
func copyPart[T string | []byte](p *page, part, n int, s T) int {
	size := copy(p.data[n:], s[:min(len(s), limits[part])])
	p.sizes[part] = uint16(size)
	return n + size
}

// around is where in Bytes to begin when there is room for so many of them: much of what stands before the byte that makes the fault
// is kept, and some behind it.
func around(f *Fault, room int) int {
	at := f.At - f.First
	if at < 0 || len(f.Bytes) <= room {
		return 0
	}
	return min(max(0, int(at)-room*3/4), len(f.Bytes)-room)
}
