package growth

import (
	"slices"
	"testing"
)

// TestCheapest: a search for each of n things costs the square, a pass over all of them does not.
func TestCheapest(t *testing.T) {
	all := func(n int) []int {
		things := make([]int, n)
		for i := range things {
			things[i] = i
		}
		return things
	}
	search := func(n int) func() {
		things := all(n)
		return func() {
			for i := range things {
				if slices.Index(things, i) != i {
					t.Error("a thing is not where it was")
				}
			}
		}
	}
	if small, large := Cheapest(search, 4000), Cheapest(search, factor*4000); large <= most*small {
		t.Errorf("a square was not seen: %v and %v", small, large)
	}
	NotSquare(t, 4000, func(n int) func() {
		things := all(n)
		return func() { slices.Reverse(things) }
	})
}
