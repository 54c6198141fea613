package admin

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"lbmaster/worker/monitor/tally"
)

// Format is how show stat and show info are to be told. The structure is HAProxy's in each.
type Format uint8

const (
	Plain Format = iota // CSV, or lines "name: value"
	Typed               // a line for each value, with its tag and its form
	JSON                // the same as objects
)

// formats are the words for those that have one.
var formats = map[string]Format{"typed": Typed, "json": JSON}

// form is what kind of value clients expect.
type form uint8

const (
	nothing form = iota
	str
	s32
	u32
	s64
	u64
)

func (f form) String() string { return [...]string{"", "str", "s32", "u32", "s64", "u64"}[f] }

// most is the largest value that has a form.
var most = [...]uint64{s32: math.MaxInt32, u32: math.MaxUint32, s64: math.MaxInt64, u64: math.MaxUint64}

// value is one value. The zero value says nothing.
type value struct {
	form form   // nothing, str, s64 or u64
	text string // of str
	n    uint64 // of s64 in two's complement
}

func text(s string) value               { return value{form: str, text: s} }
func count(n uint64) value              { return value{form: u64, n: n} }
func number[T ~int | ~int64](n T) value { return value{form: s64, n: uint64(n)} }

// given is a text that there may be none of.
func given(s string) value {
	if s == "" {
		return value{}
	}
	return text(s)
}

func only(ok bool, n uint64) value {
	if !ok {
		return value{}
	}
	return count(n)
}

func (v value) negative() bool { return v.form == s64 && int64(v.n) < 0 }

// in is the form in which a value is told where another one is expected: that one, unless the value does not fit.
func (v value) in(f form) form {
	switch {
	case f == str:
		return f
	case v.negative() && (f != s32 || int64(v.n) < math.MinInt32):
		return s64
	case !v.negative() && v.n > most[f]:
		return u64
	}
	return f
}

// append writes a value as it is.
func (v *value) append(b []byte) []byte {
	switch v.form {
	case str:
		return append(b, v.text...)
	case s64:
		return strconv.AppendInt(b, int64(v.n), 10)
	case u64:
		return strconv.AppendUint(b, v.n, 10)
	}
	return b
}

// tag is three letters that say where a value comes from, what kind of measure it is, and what it is about. Where that is not the same for
// backends, three more for them follow behind a comma.
type tag string

func (t tag) of(k tally.Kind) tag {
	common, backs, differ := strings.Cut(string(t), ",")
	if differ && k == tally.Backend {
		return tag(backs)
	}
	return tag(common)
}

// The words for the letters of a tag. What is about a process there is about all workers here; the letter stays, since clients
// go by it.
var (
	origins = map[byte]string{'M': "Metric", 'S': "Status", 'K': "Key", 'C': "Config", 'P': "Product"}
	natures = map[byte]string{
		'G': "Gauge", 'L': "Limit", 'M': "Max", 'R': "Rate", 'C': "Counter", 'D': "Duration", 'A': "Age", 'a': "Avg", 'N': "Name", 'O': "Output",
	}
	scopes = map[byte]string{'P': "Process", 'S': "Service"}
)

// told is a value with what clients know it by.
type told struct {
	pos   int // number of the field
	name  string
	tag   tag
	form  form
	value value
}

// appendLines writes "name: value" lines.
func appendLines(b []byte, all []told) []byte {
	for i := range all {
		b = append(append(b, all[i].name...), ": "...)
		b = append(all[i].value.append(b), '\n')
	}
	return b
}

// appendCSV writes a row. Each cell is followed by a comma, the last one too.
func appendCSV(b []byte, all []value) []byte {
	for i := range all {
		if v := &all[i]; v.form == str {
			b = append(b, quoted(v.text)...)
		} else {
			b = v.append(b)
		}
		b = append(b, ',')
	}
	return append(b, '\n')
}

// quoted makes a text one cell.
func quoted(s string) string {
	if strings.ContainsAny(s, ",\"\n\r") {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// appendTyped writes a line for each value that there is, behind a head that says what it is about. The 1 is the process: all are one.
func appendTyped(b []byte, head string, all []told) []byte {
	for i := range all {
		t := &all[i]
		if t.value.form == nothing {
			continue
		}
		b = strconv.AppendInt(append(b, head...), int64(t.pos), 10)
		b = append(append(append(b, '.'), t.name...), ".1:"...)
		b = append(append(append(b, t.tag...), ':'), t.value.in(t.form).String()...)
		b = append(t.value.append(append(b, ':')), '\n')
	}
	return b
}

// appendJSON writes a list with an object for each value that there is. Each begins with head, which says what it is about.
func appendJSON(b []byte, head string, all []told) []byte {
	b = append(b, '[')
	some := false
	for i := range all {
		if all[i].value.form == nothing {
			continue
		}
		if some {
			b = append(b, ',')
		}
		b, some = all[i].appendObject(b, head), true
	}
	return append(b, ']')
}

func (t *told) appendObject(b []byte, head string) []byte {
	b = strconv.AppendInt(append(append(append(b, '{'), head...), `"field":{"pos":`...), int64(t.pos), 10)
	b = append(append(append(b, `,"name":"`...), t.name...), `"},"processNum":1,"tags":{"origin":"`...)
	b = append(append(append(b, origins[t.tag[0]]...), `","nature":"`...), natures[t.tag[1]]...)
	b = append(append(append(b, `","scope":"`...), scopes[t.tag[2]]...), `"},"value":{"type":"`...)
	b = append(append(b, t.value.in(t.form).String()...), `","value":`...)
	if t.value.form == str {
		quoted, _ := json.Marshal(t.value.text) // a string cannot fail
		b = append(b, quoted...)
	} else {
		b = t.value.append(b)
	}
	return append(b, "}}"...)
}
