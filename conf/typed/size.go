package typed

import (
	"fmt"
	"strconv"
	"strings"

	"lbmaster/conf/raw"
)

// Size reads a number of bytes between low and high, which are whole KiB; 0 when it is not said.
func (t *Table) Size(name string, low, high int) int {
	v, in, ok := t.Find(name)
	if !ok {
		return 0
	}
	n, err := parseSize(v)
	if err == nil && n != 0 && (n < int64(low) || n > int64(high)) {
		err = fmt.Errorf("%v is out of range: %dk to %dk", v, low>>10, high>>10)
	}
	if err != nil {
		in.Wrong(name, "%v", err)
		return 0
	}
	return int(n)
}

// parseSize reads a size: a string with the unit k, for KiB, or an integer in bytes. "" is 0.
func parseSize(v any) (int64, error) {
	switch v := v.(type) {
	case int64:
		return v, nil
	case string:
		if v == "" {
			return 0, nil
		}
		digits, ok := strings.CutSuffix(strings.ToLower(v), "k")
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil {
			return 0, fmt.Errorf("%q is not a size: write \"32k\" or an integer in bytes", v)
		}
		return int64(n) << 10, nil
	}
	return 0, fmt.Errorf("%s is not a size: write \"32k\" or an integer in bytes", raw.KindOf(v))
}
