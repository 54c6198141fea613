// Package value turns times, networks and addresses as HAProxy's language writes them into what raw tables have. It is pure.
package value

import (
	"fmt"
	"strconv"
	"time"
)

// longest is the longest time; more overflows.
const longest = 366 * 24 * time.Hour

// Time reads a time as HAProxy does, and writes it as the tables have it.
func Time(s string) (string, error) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	unit, known := map[string]time.Duration{"": time.Millisecond, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[s[i:]]
	n, err := strconv.ParseInt(s[:i], 10, 64)
	switch {
	case !known || err != nil && i == 0:
		return "", fmt.Errorf("%q is not a time: write a number of milliseconds, or a number with one of the units us, ms, s, m, h, d, as in 5s", s)
	case err != nil || n > int64(longest/unit):
		return "", fmt.Errorf("%q is too long: at most 366d are possible", s)
	}
	d := time.Duration(n) * unit
	if d%time.Millisecond != 0 {
		d += time.Millisecond - d%time.Millisecond
	}
	return writeTime(d), nil
}

// writeTime is a duration in the fewest units.
func writeTime(d time.Duration) string {
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if d != 0 && d%u.unit == 0 {
			return fmt.Sprintf("%d%s", d/u.unit, u.name)
		}
	}
	return fmt.Sprintf("%dms", d/time.Millisecond)
}
