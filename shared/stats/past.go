package stats

import "slices"

// Past is an older generation's counters, on their way into a newer one's: what the older generation counts until its
// last worker is gone is not lost, and no total goes back.
//
// How much has been carried over stands in the older one's ledger: masters that follow each other go on where the last one
// stopped, so that what a generation counts is carried over once, into whichever is the newest at that time, and from
// there with everything else into the next.
type Past struct {
	from *Stats
	into *Stats
	pair []pair
}

// pair is a counter that both know by name.
type pair struct {
	column column
	row    int // of the older one
	to     int // of the newer one
}

// NewPast matches the counters of two generations by the names of rows and columns. Rows that the newer one does not have
// are left behind.
func NewPast(from, into *Stats) *Past {
	p := &Past{from: from, into: into}
	places := Places(into.Rows())
	for i, row := range from.Rows() {
		to, ok := places[row]
		if !ok {
			continue
		}
		for _, c := range columns {
			if slices.Contains(from.Columns(), c.name) {
				p.pair = append(p.pair, pair{column: c, row: i, to: to})
			}
		}
	}
	return p
}

// Absorb carries over what has been counted since the last time. A master that is being replaced may do so in the same
// moment: each count is taken by one of them.
func (p *Past) Absorb() {
	for i := range p.pair {
		c := &p.pair[i]
		carried := c.column.at(p.from.ledger(c.row))
		before, total := carried.Load(), p.from.total(c.row, c.column)
		if total > before && carried.claim(before, total) {
			c.column.at(p.into.Counters(p.into.Master(), c.to)).Add(total - before)
		}
	}
}
