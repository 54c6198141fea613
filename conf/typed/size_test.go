package typed

import "testing"

func TestSizes(t *testing.T) {
	for _, tt := range []struct {
		in   any
		want int64
		ok   bool
	}{
		{"32k", 32 << 10, true},
		{"32K", 32 << 10, true},
		{"0k", 0, true},
		{"", 0, true},
		{int64(32_000), 32_000, true},
		{int64(0), 0, true},
		{"4000000000k", 4_000_000_000 << 10, true},
		{"32", 0, false},
		{"k", 0, false},
		{"32 k", 0, false},
		{"+32k", 0, false},
		{"-32k", 0, false},
		{"1.5k", 0, false},
		{"32kb", 0, false},
		{"1m", 0, false},
		{"99999999999k", 0, false},
		{32.5, 0, false},
		{true, 0, false},
		{[]any{"32k"}, 0, false},
	} {
		got, err := parseSize(tt.in)
		if (err == nil) != tt.ok || tt.ok && got != tt.want {
			t.Errorf("%v: %d, %v; want %d", tt.in, got, err, tt.want)
		}
	}
}
