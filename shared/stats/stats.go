// Package stats is the counters of an instance, in memory that all its processes share.
//
// There is one slab for each worker slot, one for the monitor and one for the master, which also has what older generations
// have counted, and in it one row for each thing that is counted. A slab has one writer, the process of the slot; when
// that dies, the next one goes on where it stopped. So a total, the sum over all slabs, never goes back, and needs no lock.
//
//	0       16        16 + size of the table, rounded      + slab           + slab ...
//	| sizes | table   | slab of worker 0: rows of {Counters, Gauges} | slab of worker 1 | ... | slab of the monitor | slab of the master | ledger |
//
// The ledger has how much of each total has been carried over into a newer generation (see Past), and counts for none.
//
// The table names the rows and columns, as JSON: another generation or version matches what it knows by name.
package stats

import (
	"encoding/json"
	"fmt"

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
	cells   []cell // by slab: the workers, the monitor, the master, the ledger; then by row
}

// cell is one row of one worker. Its size is a multiple of a cache line's, 64 bytes.
type cell struct {
	counters Counters
	gauges   Gauges
}

// table describes a segment.
type table struct {
	Workers int
	Columns []string
	Rows    []Row
}

type sizes struct {
	table uint64 // bytes of the table
	cell  uint64 // bytes of a cell
}

const (
	kind    = 0x636f_756e // "coun"
	version = 4

	counted = 2  // slabs that count, besides those of the workers
	extra   = 3  // slabs besides those of the workers
	tableAt = 16 // the size of sizes
	line    = 64 // bytes of a cache line
)

// cellSize is the size of a cell in bytes.
var cellSize = shm.SizeOf[cell]()

// Create makes counters, all 0, for the slots of that many workers, for the monitor and for the master.
func Create(rows []Row, workers int) (*Stats, error) {
	t := table{Workers: workers, Rows: rows}
	for _, c := range columns {
		t.Columns = append(t.Columns, c.name)
	}
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	segment, err := shm.Create("lbmaster-stats", kind, version, cellsAt(len(text))+(workers+extra)*len(rows)*cellSize)
	if err != nil {
		return nil, err
	}
	*shm.At[sizes](segment, 0) = sizes{uint64(len(text)), uint64(cellSize)}
	copy(shm.Slice[byte](segment, tableAt, len(text)), text)
	return &Stats{segment, t, shm.Slice[cell](segment, cellsAt(len(text)), (workers+extra)*len(rows))}, nil
}

// Open maps the counters behind fd, and takes ownership of fd if there is no error.
func Open(fd int) (*Stats, error) {
	segment, err := shm.Open(fd, kind, version)
	if err != nil {
		return nil, fmt.Errorf("counters: %w", err)
	}
	s := &Stats{segment: segment}
	size := *shm.At[sizes](segment, 0)
	if size.cell != uint64(cellSize) || size.table > uint64(segment.Size()-tableAt) {
		return nil, fmt.Errorf("counters: cells of %d bytes, not %d, or a table of %d bytes that does not fit", size.cell, cellSize, size.table)
	}
	if err := json.Unmarshal(shm.Slice[byte](segment, tableAt, int(size.table)), &s.table); err != nil {
		return nil, fmt.Errorf("counters: the table is damaged: %w", err)
	}
	n, at := (s.table.Workers+extra)*len(s.table.Rows), cellsAt(int(size.table))
	if n < 0 || at > segment.Size() || n > (segment.Size()-at)/cellSize {
		return nil, fmt.Errorf("counters: %d workers with %d rows do not fit", s.table.Workers, len(s.table.Rows))
	}
	s.cells = shm.Slice[cell](segment, at, n)
	return s, nil
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

// ledger is what has been carried over of a row.
func (s *Stats) ledger(row int) *Counters { return s.Counters(s.Master()+1, row) }

// Rows are the names of the rows.
func (s *Stats) Rows() []Row { return s.table.Rows }

// Columns are the names of the counters.
func (s *Stats) Columns() []string { return s.table.Columns }

// Counters are those of one worker and row. They stay valid until Close.
func (s *Stats) Counters(worker, row int) *Counters { return &s.cell(worker, row).counters }

// Gauges are those of one worker and row. They stay valid until Close.
func (s *Stats) Gauges(worker, row int) *Gauges { return &s.cell(worker, row).gauges }

func (s *Stats) cell(worker, row int) *cell { return &s.cells[worker*len(s.table.Rows)+row] }

// Total is one counter of a row, over all slabs.
func (s *Stats) Total(row, column int) uint64 { return s.total(row, columns[column]) }

func (s *Stats) total(row int, c column) uint64 {
	var sum uint64
	for w := range s.table.Workers + counted {
		sum += c.at(s.Counters(w, row)).Load()
	}
	return sum
}

// Sum sets every counter of into to its total over all slabs. It allocates nothing.
func (s *Stats) Sum(row int, into *Counters) {
	for column := range columns {
		columns[column].at(into).Store(s.Total(row, column))
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
	for i := row; i < len(s.cells); i += len(s.table.Rows) {
		sum += s.cells[i].gauges.Sessions.Load()
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
