package logline

import (
	"fmt"
	"strings"
)

// MaxHeaders is how many header fields of a request, or of a response, can be captured.
const MaxHeaders = 16

// Header is a header field that is captured.
type Header struct {
	Name string // in any case
	Len  int    // bytes that are kept of its value at most, before escaping: 1 to 256; 0: 64
}

const (
	defaultLen = 64
	maxLen     = 256
)

// Captures holds the values of the captured header fields of one request or one response. Its memory has a fixed size and
// lasts for any number of them, one after the other: Reset stands between two.
type Captures struct {
	names  []string // in lower case
	values [][]byte // parts of one block of memory, each with the capacity for its longest value
}

// NewCaptures returns empty captures for these fields, which are logged in this order. It panics when there are more
// than MaxHeaders, which no configuration may have.
func NewCaptures(headers []Header) *Captures {
	if len(headers) > MaxHeaders {
		panic(fmt.Sprintf("%d captured headers, at most %d are possible", len(headers), MaxHeaders))
	}
	c := &Captures{}
	size := 0
	for _, h := range headers {
		c.names = append(c.names, strings.ToLower(h.Name))
		size += h.size()
	}
	block := make([]byte, size)
	for _, h := range headers {
		n := h.size()
		c.values = append(c.values, block[:0:n])
		block = block[n:]
	}
	return c
}

// size is the memory that the longest value needs.
func (h Header) size() int {
	if h.Len <= 0 {
		return defaultLen
	}
	return min(h.Len, maxLen)
}

// Reset forgets all values.
func (c *Captures) Reset() {
	for i, v := range c.values {
		c.values[i] = v[:0]
	}
}

// See keeps as much as is wanted of the value of a field, if that is captured at all; a field that comes again replaces
// what was kept. The value is without the white space around it.
func (c *Captures) See(name, value []byte) {
	for i, wanted := range c.names {
		if equalFold(name, wanted) {
			v := c.values[i]
			c.values[i] = append(v[:0], value[:min(len(value), cap(v))]...)
		}
	}
}

// append appends a blank and {value|value}. No captures append nothing.
func (c *Captures) append(dst []byte) []byte {
	if c == nil {
		return dst
	}
	dst = append(dst, ' ', '{')
	room := maxCaptures - 1 - max(len(c.values), 1) // less the braces and bars
	for i, v := range c.values {
		if i > 0 {
			dst = append(dst, '|')
		}
		before := len(dst)
		dst = appendEscaped(dst, v, inBraces, room)
		room -= len(dst) - before
	}
	return append(dst, '}')
}

// equalFold says whether b is text, which is in lower case, in any case.
func equalFold(b []byte, text string) bool {
	if len(b) != len(text) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != text[i] {
			return false
		}
	}
	return true
}
