package cookie

import (
	"bytes"
	"regexp"
	"strings"
)

// grammar says in a second way what an element of a field is: name, "=" with the blanks behind it, value, blanks and
// separator. Its matches are the whole field.
var grammar = regexp.MustCompile(`(?s)[ \t]*([^=;,]*)(?:(=[ \t]*)((?:"(?:\\.|[^"\\])*")?[^;,]*))?(?:[;,]|$)`)

// parts is an element by the grammar: the texts before, of and behind the value.
type parts struct {
	name                 string // without blanks
	cookie               bool   // there is a "="
	before, value, after string
}

// parse takes a field apart. Together the parts are the field.
func parse(field []byte) []parts {
	var all []parts
	for _, m := range grammar.FindAllSubmatchIndex(field, -1) {
		p := parts{name: trim(field[m[2]:m[3]]), before: string(field[m[0]:m[1]])}
		if m[4] >= 0 {
			p.cookie = true
			p.value = trim(field[m[6]:m[7]])
			// A value that is empty stands right behind "=".
			at := m[6]
			if p.value == "" {
				at = m[4] + 1
			}
			p.before, p.after = string(field[m[0]:at]), string(field[at+len(p.value):m[1]])
		}
		all = append(all, p)
	}
	return all
}

// join puts all together again.
func join(all []parts) string {
	var s strings.Builder
	for _, p := range all {
		s.WriteString(p.before + p.value + p.after)
	}
	return s.String()
}

// pair is NAME=value of the element.
func (p *parts) pair() string { return strings.TrimLeft(p.before, " \t") + p.value }

func trim(b []byte) string { return string(bytes.Trim(b, " \t")) }
