package typed

import (
	"testing"
	"time"
)

func TestDurations(t *testing.T) {
	for _, tt := range []struct {
		in   any
		want time.Duration
		ok   bool
	}{
		{"5s", 5 * time.Second, true},
		{"200ms", 200 * time.Millisecond, true},
		{"1m30s", 90 * time.Second, true},
		{"", 0, true},
		{"0", 0, true},
		{int64(2000), 2 * time.Second, true},
		{int64(0), 0, true},
		{"5", 0, false},
		{"-1s", 0, false},
		{int64(-1), 0, false},
		{"5 s", 0, false},
		{"1d", 0, false},
		{true, 0, false},
		{1.5, 0, false},
		{"10000h", 0, false},
		{int64(1) << 62, 0, false},
	} {
		got, err := parseDuration(tt.in)
		if (err == nil) != tt.ok || tt.ok && got != tt.want {
			t.Errorf("%v: %v, %v; want %v", tt.in, got, err, tt.want)
		}
	}
}
