package counter

import (
	"regexp"
	"testing"
)

// TestNames: each counter has a name of its own, by which other builds find it.
func TestNames(t *testing.T) {
	word := regexp.MustCompile("^[a-z0-9_]+$")
	seen := make(map[string]ID)
	for c := range Count {
		if !word.MatchString(c.String()) {
			t.Errorf("counter %d is called %q", c, c)
		}
		if before, ok := seen[c.String()]; ok {
			t.Errorf("counters %d and %d are both called %v", before, c, c)
		}
		seen[c.String()] = c
	}
}
