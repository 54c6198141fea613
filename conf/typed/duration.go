package typed

import (
	"fmt"
	"time"

	"lbmaster/conf/raw"
)

// maxDuration keeps a duration within what timers can hold.
const maxDuration = 366 * 24 * time.Hour

// Duration reads one of at most a year.
func (t *Table) Duration(name string, otherwise time.Duration) time.Duration {
	v, in, ok := t.Find(name)
	if !ok {
		return otherwise
	}
	d, err := parseDuration(v)
	if err != nil {
		in.Wrong(name, "%v", err)
		return otherwise
	}
	return d
}

// parseDuration reads a duration: a string with a unit, or an integer in milliseconds. "" is 0.
func parseDuration(v any) (time.Duration, error) {
	var d time.Duration
	switch v := v.(type) {
	case int64:
		if v > int64(maxDuration/time.Millisecond) || v < 0 {
			return 0, fmt.Errorf("%d ms is out of range: 0 to %v", v, maxDuration)
		}
		d = time.Duration(v) * time.Millisecond
	case string:
		if v == "" {
			return 0, nil
		}
		var err error
		if d, err = time.ParseDuration(v); err != nil {
			return 0, fmt.Errorf("%q is not a duration: write \"5s\", \"200ms\", \"1m30s\" or an integer in milliseconds", v)
		}
	default:
		return 0, fmt.Errorf("%s is not a duration: write \"5s\", \"200ms\" or an integer in milliseconds", raw.KindOf(v))
	}
	if d < 0 || d > maxDuration {
		return 0, fmt.Errorf("%v is out of range: 0 to %v", d, maxDuration)
	}
	return d, nil
}
