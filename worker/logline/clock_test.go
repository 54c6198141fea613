package logline

import (
	"math/rand/v2"
	"testing"
	"time"
)

const layout = "02/Jan/2006:15:04:05.000"

func location(t testing.TB, name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Skipf("no time zones on this machine: %v", err)
	}
	return l
}

func TestClock(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Monrovia"} {
		l := location(t, zone)
		c := NewClock(l)
		check := func(ms int64) {
			t.Helper()
			want := time.UnixMilli(ms).In(l).Format(layout)
			if got := c.Append([]byte("at "), ms); string(got) != "at "+want {
				t.Errorf("%s, %d: %s, want %s", zone, ms, got, want)
			}
		}
		for _, ms := range []int64{0, 999, 1000, 999, -1, -1000, -1001, 0, at(21, 36, 13, 427), at(21, 36, 12, 999)} {
			check(ms)
		}
		// Into summer time and out of it again, 2026 in Berlin.
		for _, change := range []int64{1774746000000, 1792890000000} {
			for ms := change - 2000; ms < change+2000; ms += 333 {
				check(ms)
			}
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 10000 {
			check(r.Int64N(2*day) - day/2)
		}
	}
}

func BenchmarkClock(b *testing.B) {
	dst := make([]byte, 0, 64)
	for _, step := range []struct {
		name string
		ms   int64
	}{{"same-second", 0}, {"other-second", 1000}} {
		b.Run(step.name, func(b *testing.B) {
			b.ReportAllocs()
			c, ms := NewClock(location(b, "Europe/Berlin")), int64(day)
			for b.Loop() {
				c.Append(dst, ms)
				ms += step.ms
			}
		})
	}
}
