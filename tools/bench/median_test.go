//go:build linux

package main

import "testing"

func TestMedians(t *testing.T) {
	tests := []struct {
		in   []cost
		want cost
	}{
		{nil, cost{}},
		{[]cost{{1, 2, 3}}, cost{1, 2, 3}},
		{[]cost{{5, 5, 30}, {1, 2, 10}, {3, 3, 20}}, cost{3, 3, 20}},
		{[]cost{{9, 0, 1}, {0, 3, 2}, {2, 2, 3}}, cost{2, 2, 2}},
	}
	for _, tt := range tests {
		if got := medians(tt.in); got != tt.want {
			t.Errorf("medians of %v: %v, want %v", tt.in, got, tt.want)
		}
	}
}
