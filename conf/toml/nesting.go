package toml

import "fmt"

// The decoder is recursive: each bracket that is open costs it stack, and each part of a dotted key a table, whose whole path it writes
// down for every key inside. A goroutine that runs out of stack cannot be recovered, so a text is measured before the decoder sees it.
const (
	maxNesting = 32  // brackets that are open at the same time
	maxParts   = 32  // of a dotted key
	maxKey     = 512 // bytes of a key, as written
)

// tooDeep finds the first line of a text on which it is nested deeper than any configuration is, and says how. Line 0: nowhere.
//
// Strings and comments are passed over as the decoder does. Of a text that is not TOML, only what stands before the first mistake
// matters: the decoder ends there.
func tooDeep(text string) (line int, why string) {
	s := scanner{text: text, line: 1}
	depth, dots, from := 0, 0, 0 // from: where a key may have begun
	for s.pos < len(text) {
		c := text[s.pos]
		switch c {
		case '"', '\'':
			s.str()
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		case '.':
			dots++
		}
		switch {
		case depth > maxNesting:
			return s.line, fmt.Sprintf("brackets within brackets: at most %d may be open at the same time", maxNesting)
		case dots >= maxParts:
			return s.line, fmt.Sprintf("a key of too many parts: at most %d are possible", maxParts)
		case (c == '=' || c == ']' && text[from] == '[') && s.pos-from > maxKey:
			return s.line, fmt.Sprintf("a key that is too long: at most %d bytes are possible", maxKey)
		}
		switch c {
		case '#', '\n':
			s.restOfLine()
			dots, from = 0, s.pos
			continue
		case '{', ',', '=':
			dots, from = 0, s.pos+1
		case '[':
			dots = 0
		}
		s.pos++
	}
	return 0, ""
}
