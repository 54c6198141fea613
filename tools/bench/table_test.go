//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{3, 1}, 1}, {[]float64{5, 1, 3}, 3}} {
		if got := median(tt.in); got != tt.want {
			t.Errorf("median of %v: %v, want %v", tt.in, got, tt.want)
		}
	}
}

// The better of two ways to run HAProxy is what counts, and what is missed is counted.
func TestConclusion(t *testing.T) {
	t.Parallel()
	all := table{
		columns: []column{{"us", "%.1f", true}, {"rate", "%.0f", false}},
		rows: []row{
			{"haproxy", [][]float64{{12, 1}, {10, 2}, {11, 3}}},
			{"haproxy-splice", [][]float64{{10, 1}, {10, 1}, {10, 1}}},
			{"lbmaster", [][]float64{{9, 5}, {8, 6}, {10, 7}}},
			{"floor", [][]float64{{8, 5}, {8, 6}, {8, 7}}},
		},
	}
	var b bench
	var out strings.Builder
	b.conclude(all, work{name: "some", want: 0.85}, &out)
	for _, want := range []string{
		"haproxy           11.0 (10.0 to 12.0)     2\n",
		"ratio lbmaster/haproxy-splice, us of some = 0.90 (0.80 to 1.00), wanted 0.85: missed\n",
		"ratio floor/haproxy-splice, us of some = 0.80 (0.80 to 0.80)\n",
		"ratio lbmaster/floor, us of some = 1.12 (1.00 to 1.25), wanted 1.20: reached\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	if b.missed != 1 {
		t.Errorf("%d missed", b.missed)
	}
}
