package toml

import (
	"strconv"
	"strings"
)

// lines knows on which line each key of a TOML text is. The decoder knows only for texts that it cannot read.
//
// Keys are written "listen.webfarm.bind"; a table of an array has its number behind it, "listen.webfarm.server[1]".
type lines map[string]int

// of is the line of a key. Keys inside a value, as in an inline table, are on the line of the nearest one around them.
func (l lines) of(key string) int {
	for {
		if n, ok := l[key]; ok {
			return n
		}
		dot := strings.LastIndexByte(key, '.')
		if dot < 0 {
			return 0
		}
		key = key[:dot]
	}
}

// first is the first line on which a key, or one under it, is written.
func (l lines) first(key string) int {
	least := l[key]
	for k, n := range l {
		if strings.HasPrefix(k, key+".") && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

// indexLines reads a text that the decoder has found correct; of any other it makes what it can.
func indexLines(text string) lines {
	s := scanner{text: text, line: 1, found: lines{}, arrays: map[string]int{}}
	for s.pos < len(s.text) {
		s.statement()
	}
	return s.found
}

// scanner walks over a text statement by statement.
type scanner struct {
	text   string
	pos    int
	line   int
	table  string // the table that the current line belongs to
	found  lines
	arrays map[string]int // tables seen of each array
}

// statement reads a header, a key with its value, a comment or an empty line.
func (s *scanner) statement() {
	s.blanks()
	switch c := s.peek(0); {
	case c == '[' && s.peek(1) == '[':
		s.pos += 2
		key := s.resolve(s.key(']'))
		n := s.arrays[key]
		s.arrays[key] = n + 1
		s.table = key + "[" + strconv.Itoa(n) + "]"
		s.note(s.table)
		s.note(key)
	case c == '[':
		s.pos++
		s.table = s.resolve(s.key(']'))
		s.note(s.table)
	case c != '#' && c != '\n' && c != '\r' && c != 0:
		key := s.key('=')
		if s.table != "" {
			key = s.table + "." + key
		}
		s.note(key)
		s.value()
		return
	}
	s.restOfLine()
}

// resolve puts the number of the current table behind each array in a header's key.
func (s *scanner) resolve(key string) string {
	parts := strings.Split(key, ".")
	path := ""
	for i, part := range parts {
		if i > 0 {
			path += "."
		}
		path += part
		if n := s.arrays[path]; n > 0 && i < len(parts)-1 {
			path += "[" + strconv.Itoa(n-1) + "]"
		}
	}
	return path
}

func (s *scanner) note(key string) {
	if _, ok := s.found[key]; !ok {
		s.found[key] = s.line
	}
}

func (s *scanner) peek(ahead int) byte {
	if s.pos+ahead >= len(s.text) {
		return 0
	}
	return s.text[s.pos+ahead]
}

func (s *scanner) blanks() {
	for c := s.peek(0); c == ' ' || c == '\t'; c = s.peek(0) {
		s.pos++
	}
}

// key reads a dotted key up to end, which it takes too. Quotes are left out.
func (s *scanner) key(end byte) string {
	var b strings.Builder
	for s.pos < len(s.text) && s.peek(0) != '\n' {
		switch c := s.peek(0); c {
		case end:
			s.pos++
			return b.String()
		case '"', '\'':
			from := s.pos
			s.str()
			b.WriteString(strings.Trim(s.text[from:s.pos], string(c)))
		case ' ', '\t':
			s.pos++
		default:
			b.WriteByte(c)
			s.pos++
		}
	}
	return b.String()
}

// value passes over a value, which ends with its line unless it has brackets open.
func (s *scanner) value() {
	depth := 0
	for s.pos < len(s.text) {
		switch c := s.peek(0); c {
		case '"', '\'':
			s.str()
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '#', '\n':
			s.restOfLine()
			if depth <= 0 {
				return
			}
			continue
		}
		s.pos++
	}
}

// str passes over a string of one of the four kinds.
func (s *scanner) str() {
	quote := s.text[s.pos : s.pos+1]
	if strings.HasPrefix(s.text[s.pos:], strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	s.pos += len(quote)
	for s.pos < len(s.text) && !strings.HasPrefix(s.text[s.pos:], quote) {
		switch c := s.peek(0); {
		case c == '\n' && len(quote) == 1:
			return
		case c == '\n':
			s.line++
		case c == '\\' && quote[0] == '"':
			s.pos++
		}
		s.pos++
	}
	s.pos = min(s.pos+len(quote), len(s.text))
	for range len(quote) - 1 { // the last two of five quotes end a string, the others are in it
		if s.peek(0) == quote[0] && len(quote) == 3 {
			s.pos++
		}
	}
}

func (s *scanner) restOfLine() {
	if i := strings.IndexByte(s.text[s.pos:], '\n'); i >= 0 {
		s.pos += i + 1
		s.line++
		return
	}
	s.pos = len(s.text)
}
