// Package status is the board on which the state of every server is written, for all processes to see.
//
// There is one writer, and any number of readers who see each change with one atomic load.
//
//	0         8          64                              64 + 64*n      ...
//	| servers | version  | n slots: {state, change, check, address} | table: the servers' names, as JSON |
package status

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"lbmaster/shared/shm"
)

// Op is the operational state of a server: what is observed, or what an operator says instead.
type Op uint8

const (
	Down Op = iota
	Up
	Stopping // works, and is about to stop: takes only requests of clients it has served before

	ops // how many this build knows
)

// Admin is the administrative state of a server: what the operator wants.
type Admin uint8

const (
	Ready Admin = iota // takes requests
	Drain              // takes only those of clients it has served before
	Maint              // takes none

	admins // how many this build knows
)

// State is everything that a worker needs to know of a server. It fits in one word.
type State struct {
	Op        Op
	Admin     Admin
	Inherited bool  // Admin is that of the server that this one tracks
	Own       Admin // then: what the operator wants of this one
	Disabled  bool  // what the configuration says: a next one that says something else wins over the operator
	Weight    uint16
}

// Wanted is what the operator wants of the server itself.
func (s State) Wanted() Admin {
	if s.Inherited {
		return s.Own
	}
	return s.Admin
}

// Under is the state of a server of which the operator wants one thing, and of which the server that it tracks has another: what takes it
// further out of service holds.
func (s State) Under(own, led Admin) State {
	s.Admin, s.Inherited, s.Own = max(own, led), led > own, 0
	if s.Inherited {
		s.Own = own
	}
	return s
}

// Serves says that a server in this state works and may be used, if only by those who know it.
func (s State) Serves() bool { return s.Op != Down && s.Admin != Maint }

// TakesNew says that a server in this state is for new clients too, if it has any weight.
func (s State) TakesNew() bool { return s.Op == Up && s.Admin == Ready }

// Bits of a packed state, which is
//
//	63..48  47..32   31..26  25        24         23..16  15..8   7..0
//	0       weight   0       disabled  inherited  own     admin   op
const (
	inherited = 1 << 24
	disabled  = 1 << 25
)

func (s State) pack() uint64 {
	w := uint64(s.Op) | uint64(s.Admin)<<8 | uint64(s.Own)<<16 | uint64(s.Weight)<<32
	if s.Inherited {
		w |= inherited
	}
	if s.Disabled {
		w |= disabled
	}
	return w
}

// unpack passes over the bits that this build does not know. An operational or administrative state that is not known here, but to the
// build that has written the word, is read as the nearest one that is: the server works for the clients that it has served before.
func unpack(w uint64) State {
	s := State{
		Op: Op(w), Admin: Admin(w >> 8), Own: Admin(w >> 16), Inherited: w&inherited != 0, Disabled: w&disabled != 0, Weight: uint16(w >> 32),
	}
	if s.Op >= ops {
		s.Op = Stopping
	}
	if s.Admin >= admins {
		s.Admin = Drain
	}
	switch {
	case !s.Inherited:
		s.Own = Ready
	case s.Own >= admins:
		s.Own = Drain
	}
	return s
}

// Server names a slot of the board, so that another generation can find it again.
type Server struct {
	Proxy, Name, Address string
}

// Board is the board, mapped into this process.
type Board struct {
	segment *shm.Segment
	head    *head
	slots   []slot
	servers []Server
}

type head struct {
	servers uint64
	version atomic.Uint64
}

// slot is a cache line.
type slot struct {
	state   atomic.Uint64
	change  atomic.Int64 // ms since 1970
	check   atomic.Uint64
	checked atomic.Int64 // ms since 1970
	address address
}

const (
	kind    = 0x7374_6174 // "stat"
	version = 2

	headSize = 64
	slotSize = 64
)

// Create makes a board for servers, with the state that initial gives to each.
func Create(servers []Server, initial func(i int) State) (*Board, error) {
	table, err := json.Marshal(servers)
	if err != nil {
		return nil, err
	}
	tableAt := headSize + slotSize*len(servers)
	segment, err := shm.Create("lbmaster-status", kind, version, tableAt+8+len(table))
	if err != nil {
		return nil, err
	}
	b := view(segment, len(servers))
	b.servers = append(b.servers, servers...)
	b.head.servers = uint64(len(servers))
	*shm.At[uint64](segment, tableAt) = uint64(len(table))
	copy(shm.Slice[byte](segment, tableAt+8, len(table)), table)
	for i := range servers {
		b.slots[i].state.Store(initial(i).pack())
	}
	return b, nil
}

// Open maps the board behind fd, and takes ownership of fd if there is no error.
func Open(fd int) (*Board, error) {
	segment, err := shm.Open(fd, kind, version)
	if err != nil {
		return nil, fmt.Errorf("server status board: %w", err)
	}
	b, err := read(segment)
	if err != nil {
		_, released := segment.Release() // the descriptor stays the caller's
		return nil, fmt.Errorf("server status board: %w", errors.Join(err, released))
	}
	return b, nil
}

// read takes the description of a segment, of which nothing is believed that does not fit.
func read(segment *shm.Segment) (*Board, error) {
	room := segment.Size() - headSize - 8 // for the slots and the table
	if room < 0 {
		return nil, fmt.Errorf("%d bytes are too few", segment.Size())
	}
	n := shm.At[head](segment, 0).servers
	if n > uint64(room/slotSize) {
		return nil, fmt.Errorf("%d servers do not fit", n)
	}
	b := view(segment, int(n))
	tableAt := headSize + slotSize*int(n)
	size := *shm.At[uint64](segment, tableAt)
	if size > uint64(room-slotSize*int(n)) {
		return nil, fmt.Errorf("a table of %d bytes does not fit", size)
	}
	if err := json.Unmarshal(shm.Slice[byte](segment, tableAt+8, int(size)), &b.servers); err != nil {
		return nil, fmt.Errorf("the table of %d servers is damaged: %w", n, err)
	}
	if len(b.servers) != int(n) {
		return nil, fmt.Errorf("the table names %d servers, not %d", len(b.servers), n)
	}
	return b, nil
}

func view(segment *shm.Segment, n int) *Board {
	return &Board{segment: segment, head: shm.At[head](segment, 0), slots: shm.Slice[slot](segment, headSize, n)}
}

// FD is the board's descriptor, for another process to Open. The board keeps owning it.
func (b *Board) FD() int { return b.segment.FD() }

// Close unmaps the board. It must not be used from then on.
func (b *Board) Close() error { return b.segment.Close() }

// Servers are the names of the slots.
func (b *Board) Servers() []Server { return b.servers }

// Load is the state of server i. It allocates nothing.
func (b *Board) Load(i int) State { return unpack(b.slots[i].state.Load()) }

// Changed is when the state of server i was last stored, in ms since 1970; 0: never since the board was made.
func (b *Board) Changed(i int) int64 { return b.slots[i].change.Load() }

// Store sets the state of server i. The board has one writer.
func (b *Board) Store(i int, s State, unixMs int64) {
	b.slots[i].change.Store(unixMs)
	b.slots[i].state.Store(s.pack())
	b.head.version.Add(1)
}

// Version changes with every Store, after the state: a reader that has seen the version and then loads the states
// misses nothing that belongs to it.
func (b *Board) Version() uint64 { return b.head.version.Load() }
