package conf

import (
	"fmt"
	"time"
)

// maxDuration keeps a duration within what timers can hold.
const maxDuration = 366 * 24 * time.Hour

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
		return 0, fmt.Errorf("%s is not a duration: write \"5s\", \"200ms\" or an integer in milliseconds", kindOf(v))
	}
	if d < 0 || d > maxDuration {
		return 0, fmt.Errorf("%v is out of range: 0 to %v", d, maxDuration)
	}
	return d, nil
}

// kindOf names the type of a value in TOML's words.
func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case int64:
		return "an integer"
	case float64:
		return "a number with a fraction"
	case bool:
		return "a boolean"
	case map[string]any:
		return "a table"
	case []any, []map[string]any:
		return "a list"
	}
	return "a date or time"
}
