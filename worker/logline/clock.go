package logline

import "time"

// Clock writes dates. It keeps the text of the last second that it was asked for, so that most dates are a copy
// (BenchmarkClock). It is not safe for concurrent use.
type Clock struct {
	location *time.Location
	second   int64  // ms since 1970: when the second began that text tells
	text     []byte // up to the point before the milliseconds
}

// NewClock returns a clock that shows the time of a location, which must not be nil.
func NewClock(location *time.Location) *Clock {
	c := &Clock{location: location, text: make([]byte, 0, 32)}
	c.set(0)
	return c
}

// Append appends a date, given in ms since 1970, such as 24/Nov/2026:21:36:13.427.
func (c *Clock) Append(dst []byte, ms int64) []byte {
	if uint64(ms-c.second) >= 1000 { // in another second, before or after
		c.set(ms)
	}
	rest := ms - c.second
	dst = append(dst, c.text...)
	return append(dst, byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
}

// set makes text that of the second of ms.
func (c *Clock) set(ms int64) {
	t := time.UnixMilli(ms).In(c.location)
	c.second = ms - int64(t.Nanosecond())/int64(time.Millisecond)
	c.text = t.AppendFormat(c.text[:0], "02/Jan/2006:15:04:05.")
}
