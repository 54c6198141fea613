package tally

import (
	"testing"

	"lbmaster/shared/counter"
)

// TestSince: every counter takes part.
func TestSince(t *testing.T) {
	var c, base Counts
	for i := range c {
		c[i], base[i] = uint64(100+i), uint64(i)
	}
	for i, n := range c.Since(base) {
		if n != 100 {
			t.Errorf("%v is %d", counter.ID(i), n)
		}
	}
	if n := base.Since(c); n != (Counts{}) {
		t.Errorf("less than the base became %+v", n)
	}
}
