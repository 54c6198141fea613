// Package stats is the counters of an instance, in memory that all its processes share.
//
// There is one slab for each worker slot, one for the monitor and one for the master, which also has what older generations
// have counted, and in it one row for each thing that is counted. A slab has one writer, the process of the slot; when
// that dies, the next one goes on where it stopped. So a total, the sum over all slabs, never goes back, and needs no lock.
//
//	0       16        16 + size of the table, rounded      + slab           + slab ...
//	| sizes | table   | slab of worker 0: rows of {counters, gauges} | slab of worker 1 | ... | slab of the monitor | slab of the master | ledger |
//
// The ledger has how much of each total has been carried over into a newer generation (see Past), and counts for none.
//
// The table names the rows and columns, as JSON: another generation or build matches what it knows by name, and passes the rest over.
package stats

import (
	"encoding/json"
	"errors"
	"fmt"

	"lbmaster/shared/counter"
	"lbmaster/shared/shm"
)

// Kind is what a row counts for.
type Kind uint8

const (
	Worker   Kind = iota // everything
	Frontend             // named by Proxy
	Backend              // named by Proxy
	Server               // named by Proxy and Server
)

// Row names one row.
type Row struct {
	Kind   Kind
	Proxy  string `json:",omitempty"`
	Server string `json:",omitempty"`
}

// Stats is the counters, mapped into this process.
type Stats struct {
	segment *shm.Segment
	table   table
	layout  layout
	words   []Counter // of all cells, by slab: the workers, the monitor, the master, the ledger; then by row
	gauges  []Gauge   // the same words
	first   int       // offset of the first cell, in bytes
}

// table describes a segment.
type table struct {
	Workers int
	Columns []string
	Memory  []string `json:",omitempty"` // the columns in the order of the memory; none: as layout.go says
	Rows    []Row
}

type sizes struct {
	table uint64 // bytes of the table
	cell  uint64 // bytes of a cell
}

const (
	kind    = 0x636f_756e // "coun"
	version = 4

	counted    = 2       // slabs that count, besides those of the workers
	extra      = 3       // slabs besides those of the workers
	tableAt    = 16      // the size of sizes
	maxWorkers = 1 << 16 // in a segment that is read
)

// Create makes counters, all 0, for the slots of that many workers, for the monitor and for the master.
func Create(rows []Row, workers int) (*Stats, error) {
	names := ours.names()
	t := table{Workers: workers, Columns: names, Memory: names, Rows: rows}
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	cells := (workers + extra) * len(rows)
	segment, err := shm.Create("lbmaster-stats", kind, version, cellsAt(len(text))+cells*ours.size())
	if err != nil {
		return nil, err
	}
	*shm.At[sizes](segment, 0) = sizes{uint64(len(text)), uint64(ours.size())}
	copy(shm.Slice[byte](segment, tableAt, len(text)), text)
	s := &Stats{segment: segment, table: t, layout: ours}
	s.mapCells(len(text))
	return s, nil
}

// Open maps the counters behind fd, of this build or another one, and takes ownership of fd if there is no error.
func Open(fd int) (*Stats, error) {
	segment, err := shm.Open(fd, kind, version)
	if err != nil {
		return nil, fmt.Errorf("counters: %w", err)
	}
	s := &Stats{segment: segment}
	if err := s.read(); err != nil {
		_, released := segment.Release() // the descriptor stays the caller's
		return nil, fmt.Errorf("counters: %w", errors.Join(err, released))
	}
	return s, nil
}

// read takes the description of a segment, of which nothing is believed that does not fit.
func (s *Stats) read() error {
	if s.segment.Size() < tableAt {
		return fmt.Errorf("%d bytes are too few", s.segment.Size())
	}
	size := *shm.At[sizes](s.segment, 0)
	if size.table > uint64(s.segment.Size()-tableAt) {
		return fmt.Errorf("a table of %d bytes does not fit", size.table)
	}
	if err := json.Unmarshal(shm.Slice[byte](s.segment, tableAt, int(size.table)), &s.table); err != nil {
		return fmt.Errorf("the table is damaged: %w", err)
	}
	s.layout = layoutOf(s.table.Memory)
	if size.cell != uint64(s.layout.size()) {
		return fmt.Errorf("cells of %d bytes, not %d", size.cell, s.layout.size())
	}
	w, room := s.table.Workers, s.segment.Size()-cellsAt(int(size.table))
	if w < 0 || w > maxWorkers || room < 0 || len(s.table.Rows) > room/s.layout.size()/(w+extra) {
		return fmt.Errorf("%d workers with %d rows do not fit", w, len(s.table.Rows))
	}
	s.mapCells(int(size.table))
	return nil
}

// mapCells finds the cells behind a table of that size.
func (s *Stats) mapCells(table int) {
	s.first = cellsAt(table)
	n := (s.table.Workers + extra) * len(s.table.Rows) * s.layout.words()
	s.words = shm.Slice[Counter](s.segment, s.first, n)
	s.gauges = shm.Slice[Gauge](s.segment, s.first, n)
}

// cellsAt is where the cells begin behind a table of that size.
func cellsAt(table int) int { return (tableAt + table + line - 1) / line * line }

// FD is the descriptor, for another process to Open. The Stats keep owning it.
func (s *Stats) FD() int { return s.segment.FD() }

// Close unmaps the counters: every pointer to them is invalid from then on.
func (s *Stats) Close() error { return s.segment.Close() }

// Workers is the number of worker slots.
func (s *Stats) Workers() int { return s.table.Workers }

// Monitor is the number of the monitor's slab, for Counters and Gauges: it follows those of the workers.
func (s *Stats) Monitor() int { return s.table.Workers }

// Master is the number of the master's slab, for Counters: it follows that of the monitor.
func (s *Stats) Master() int { return s.table.Workers + 1 }

// ledger is the number of the slab that says what has been carried over.
func (s *Stats) ledger() int { return s.Master() + 1 }

// Rows are the names of the rows.
func (s *Stats) Rows() []Row { return s.table.Rows }

// Counters are those of one worker and row, in memory of this build. They stay valid until Close.
func (s *Stats) Counters(worker, row int) *Counters {
	at := s.cell(worker, row)
	return (*Counters)(s.words[at : at+len(Counters{})])
}

// Gauges are those of one worker and row. They stay valid until Close.
func (s *Stats) Gauges(worker, row int) *Gauges {
	return shm.At[Gauges](s.segment, s.first+wordSize*(s.cell(worker, row)+s.layout.gauges()))
}

// cell is where the cell of a slab and row begins, in words.
func (s *Stats) cell(slab, row int) int { return (slab*len(s.table.Rows) + row) * s.layout.words() }

// counter is one counter of one slab and row; nil when this memory has no such counter.
func (s *Stats) counter(slab, row int, c counter.ID) *Counter {
	at := s.layout.at[c]
	if at == nowhere {
		return nil
	}
	return &s.words[s.cell(slab, row)+int(at)]
}

// Total is one counter of a row, over all slabs: 0 for one that this memory does not have.
func (s *Stats) Total(row int, c counter.ID) uint64 {
	at := s.layout.at[c]
	if at == nowhere {
		return 0
	}
	var sum uint64
	for slab := range s.table.Workers + counted {
		sum += s.words[s.cell(slab, row)+int(at)].Load()
	}
	return sum
}

// Totals sets every counter of into to its total over all slabs. It allocates nothing.
func (s *Stats) Totals(row int, into *[counter.Count]uint64) {
	for c := range counter.Count {
		into[c] = s.Total(row, c)
	}
}

// IdleNow is the number of idle connections of a row, over all workers.
func (s *Stats) IdleNow(row int) int64 {
	var sum int64
	for w := range s.table.Workers {
		sum += s.Gauges(w, row).Idle.Load()
	}
	return sum
}

// SessionsNow is the number of client connections of a row, over all workers. It allocates nothing.
func (s *Stats) SessionsNow(row int) int64 {
	var sum int64
	step := len(s.table.Rows) * s.layout.words()
	for i := row*s.layout.words() + s.layout.gauges(); i < len(s.gauges); i += step {
		sum += s.gauges[i].Load()
	}
	return sum
}

// Vacate sets the gauges of a worker to 0 when its process is dead. Its counters stay, and the slot's next worker goes
// on with them.
func (s *Stats) Vacate(worker int) {
	for row := range s.table.Rows {
		g := s.Gauges(worker, row)
		g.Sessions.Store(0)
		g.Idle.Store(0)
	}
}
