package tally

import "lbmaster/shared/counter"

// Counts are the counters of a row, by counter.ID. They only grow.
type Counts [counter.Count]uint64

// Since is what was counted after base.
func (c Counts) Since(base Counts) Counts {
	for i := range c {
		c[i] -= min(c[i], base[i])
	}
	return c
}
