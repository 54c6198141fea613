//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"lbmaster/tools/bench/peer"
)

// table is the outcome of a contest.
type table struct {
	columns []column
	rows    []row
}

// row is what one contender did: a figure for each column, in every round.
type row struct {
	name    string
	samples [][]float64
}

// figures are those of one column, in order of rounds.
func (r row) figures(column int) []float64 {
	out := make([]float64, len(r.samples))
	for i, s := range r.samples {
		out[i] = s[column]
	}
	return out
}

// median of values; 0 of none. Of two in the middle it is the smaller one.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(values))[(len(values)-1)/2]
}

// find is the row of that name, nil when it did not take part.
func (t table) find(name string) *row {
	for i := range t.rows {
		if t.rows[i].name == name {
			return &t.rows[i]
		}
	}
	return nil
}

// print writes the medians, and how far the rounds lie apart.
func (t table) print(out io.Writer) {
	fmt.Fprintf(out, "%-16s", "medians")
	for _, c := range t.columns {
		fmt.Fprintf(out, "  %*s", t.width(c), c.name)
	}
	fmt.Fprintln(out)
	for _, r := range t.rows {
		fmt.Fprintf(out, "%-16s", r.name)
		for i, c := range t.columns {
			fmt.Fprintf(out, "  %*s", t.width(c), c.show(r.figures(i)))
		}
		fmt.Fprintln(out)
	}
}

// show is the median of a column's figures, and for one that is judged the smallest and the largest.
func (c column) show(figures []float64) string {
	text := fmt.Sprintf(c.format, median(figures))
	if c.judged && len(figures) > 1 {
		text += fmt.Sprintf(" ("+c.format+" to "+c.format+")", slices.Min(figures), slices.Max(figures))
	}
	return text
}

func (t table) width(c column) int {
	n := len(c.name)
	for i := range t.columns {
		if t.columns[i] != c {
			continue
		}
		for _, r := range t.rows {
			n = max(n, len(c.show(r.figures(i))))
		}
	}
	return n
}

// ratio of two rows in a column. Rounds are pairs, because the machine is not the same a minute later: this is the median of
// their ratios, with the smallest and the largest.
type ratio struct {
	of                string
	median, low, high float64
}

// compare makes the ratio of two rows in column i.
func (t table) compare(a, b row, i int) ratio {
	x, y := a.figures(i), b.figures(i)
	each := make([]float64, min(len(x), len(y)))
	for k := range each {
		each[k] = x[k] / y[k]
	}
	return ratio{a.name + "/" + b.name + ", " + t.columns[i].name, median(each), slices.Min(each), slices.Max(each)}
}

func (r ratio) String() string { return fmt.Sprintf("%.2f (%.2f to %.2f)", r.median, r.low, r.high) }

// meets tells whether a ratio, as it is printed, is at most the wanted one.
func (r ratio) meets(want float64) bool {
	return fmt.Sprintf("%.2f", r.median) <= fmt.Sprintf("%.2f", want)
}

// base is what the others are compared with in a column: the best way to run HAProxy.
func (t table) base(column int) row {
	best := t.rows[0]
	for _, r := range t.rows {
		if strings.HasPrefix(r.name, "haproxy") && median(r.figures(column)) < median(best.figures(column)) {
			best = r
		}
	}
	return best
}

// conclude prints a table and its ratios. It counts what is wanted and was missed.
func (b *bench) conclude(t table, w work, out io.Writer) {
	t.print(out)
	for i, c := range t.columns {
		if !c.judged {
			continue
		}
		base := t.base(i)
		for _, r := range t.rows {
			if strings.HasPrefix(r.name, "haproxy") {
				continue
			}
			b.judge(out, w, t.compare(r, base, i), map[string]float64{"lbmaster": w.want}[r.name])
		}
		if floor := t.find("floor"); floor != nil {
			b.judge(out, w, t.compare(*t.find("lbmaster"), *floor, i), overFloor)
		}
		if before := t.find(peer.Before); before != nil {
			b.judge(out, w, t.compare(*t.find("lbmaster"), *before, i), 0)
		}
	}
}

// overFloor is how much more than the floor a proxy may cost.
const overFloor = 1.2

// judge prints one ratio, and whether it is what is wanted. Nothing is wanted with 0.
func (b *bench) judge(out io.Writer, w work, r ratio, want float64) {
	fmt.Fprintf(out, "ratio %s of %s = %v", r.of, w.name, r)
	switch {
	case want == 0:
	case r.meets(want):
		fmt.Fprintf(out, ", wanted %.2f: reached", want)
	default:
		fmt.Fprintf(out, ", wanted %.2f: missed", want)
		b.missed++
	}
	fmt.Fprintln(out)
}
