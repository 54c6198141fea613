//go:build linux

package main

import (
	"cmp"
	"slices"
)

// medians takes the median of each column by itself, but for user and system time, which belong together: they are
// those of the round with the median total.
func medians(costs []cost) cost {
	if len(costs) == 0 {
		return cost{}
	}
	sorted := slices.SortedFunc(slices.Values(costs), func(a, b cost) int { return cmp.Compare(a.total(), b.total()) })
	m := sorted[len(sorted)/2]
	slices.SortFunc(sorted, func(a, b cost) int { return cmp.Compare(a.rate, b.rate) })
	m.rate = sorted[len(sorted)/2].rate
	return m
}
