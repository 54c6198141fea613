package stats

import "lbmaster/shared/counter"

// Past is an older generation's counters, on their way into a newer one's: what the older generation counts until its
// last worker is gone is not lost, and no total goes back.
//
// How much has been carried over stands in the older one's ledger: masters that follow each other go on where the last one
// stopped, so that what a generation counts is carried over once, into whichever is the newest at that time, and from
// there with everything else into the next.
type Past struct {
	from    *Stats
	into    *Stats
	columns []counter.ID // that both know
	rows    []pair
}

// pair is a row that both know by name.
type pair struct {
	row int // of the older one
	to  int // of the newer one
}

// NewPast matches the counters of two generations by the names of rows and columns. Rows and counters that the newer one does not have
// are left behind: a counter that only one of two builds knows begins anew when the other build has served meanwhile.
func NewPast(from, into *Stats) *Past {
	p := &Past{from: from, into: into}
	for c := range counter.Count {
		if from.layout.at[c] != nowhere {
			p.columns = append(p.columns, c)
		}
	}
	places := Places(into.Rows())
	for row, name := range from.Rows() {
		if to, ok := places[name]; ok {
			p.rows = append(p.rows, pair{row, to})
		}
	}
	return p
}

// Absorb carries over what has been counted since the last time. A master that is being replaced may do so in the same
// moment: each count is taken by one of them.
func (p *Past) Absorb() {
	for _, r := range p.rows {
		into := p.into.Counters(p.into.Master(), r.to)
		for _, c := range p.columns {
			carried := p.from.counter(p.from.ledger(), r.row, c)
			before, total := carried.Load(), p.from.Total(r.row, c)
			if total > before && carried.claim(before, total) {
				into[c].Add(total - before)
			}
		}
	}
}
