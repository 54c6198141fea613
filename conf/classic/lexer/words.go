// Package lexer cuts lines of HAProxy's language into words, and reads times and networks, which are one word each. It is pure.
package lexer

import (
	"fmt"
	"strconv"
	"strings"
)

// Words cuts a line into its words. Blanks separate words; # begins a comment. A backslash takes the meaning from a blank, #, a quote or
// another backslash, and \r, \n, \t and \xHH are bytes; before anything else the backslash stays. Nothing has a meaning within single
// quotes; within double quotes backslashes have theirs, and ${NAME}, $NAME and ${NAME-otherwise} are replaced by the environment.
func Words(line string, getenv func(string) (string, bool)) ([]string, error) {
	l := lexer{text: line, getenv: getenv}
	for l.pos < len(line) {
		if err := l.step(); err != nil {
			return nil, err
		}
	}
	if l.quote != 0 {
		return nil, fmt.Errorf("a quote %c is not closed on its line: close it, or write \\%c", l.quote, l.quote)
	}
	l.end()
	return l.words, nil
}

// lexer reads one line.
type lexer struct {
	text   string
	pos    int
	getenv func(string) (string, bool)
	quote  byte // the one that is open; 0: none
	word   strings.Builder
	in     bool // a word has begun; it may be empty, as "" is
	words  []string
}

func (l *lexer) step() error {
	c := l.text[l.pos]
	l.pos++
	switch {
	case l.quote == 0 && (c == ' ' || c == '\t' || c == '\r'):
		l.end()
	case l.quote == 0 && c == '#':
		l.pos = len(l.text)
	case l.quote == 0 && (c == '"' || c == '\''):
		l.quote, l.in = c, true
	case l.quote != 0 && c == l.quote:
		l.quote = 0
	case c == '\\' && l.quote != '\'':
		return l.escape()
	case c == '$' && l.quote == '"':
		return l.variable()
	default:
		l.put(c)
	}
	return nil
}

func (l *lexer) put(c byte) {
	l.in = true
	l.word.WriteByte(c)
}

func (l *lexer) end() {
	if l.in {
		l.words = append(l.words, l.word.String())
	}
	l.word.Reset()
	l.in = false
}

// escape reads what stands behind a backslash.
func (l *lexer) escape() error {
	if l.pos == len(l.text) {
		l.put('\\')
		return nil
	}
	c := l.text[l.pos]
	l.pos++
	switch {
	case strings.IndexByte(` #\"'`, c) >= 0, c == '$' && l.quote == '"':
		l.put(c)
		return nil
	}
	switch c {
	case 'r':
		l.put('\r')
	case 'n':
		l.put('\n')
	case 't':
		l.put('\t')
	case 'x':
		n, err := strconv.ParseUint(l.text[l.pos:min(l.pos+2, len(l.text))], 16, 8)
		if err != nil || l.pos+2 > len(l.text) {
			return fmt.Errorf(`\x needs two hexadecimal digits behind it, as in \x20`)
		}
		l.pos += 2
		l.put(byte(n))
	default:
		l.put('\\')
		l.put(c)
	}
	return nil
}

// variable puts the value of an environment variable in its place.
func (l *lexer) variable() error {
	braces := l.pos < len(l.text) && l.text[l.pos] == '{'
	if braces {
		l.pos++
	}
	from := l.pos
	for l.pos < len(l.text) && (letter(l.text[l.pos]) || l.pos > from && digit(l.text[l.pos])) {
		l.pos++
	}
	name, otherwise := l.text[from:l.pos], ""
	if name == "" {
		return fmt.Errorf(`$ within double quotes needs the name of an environment variable behind it: write \$ for the character`)
	}
	if braces {
		length := strings.IndexByte(l.text[l.pos:], '}')
		if length < 0 {
			return fmt.Errorf("${%s is not closed: write ${%[1]s}", name)
		}
		rest := l.text[l.pos : l.pos+length]
		if rest != "" && rest[0] != '-' {
			return fmt.Errorf("${%s%s} cannot be read: write ${%[1]s} or ${%[1]s-otherwise}", name, rest)
		}
		otherwise = strings.TrimPrefix(rest, "-")
		l.pos += length + 1
	}
	value, set := l.getenv(name)
	if !set {
		value = otherwise
	}
	l.in = true
	l.word.WriteString(value)
	return nil
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }

func digit(c byte) bool { return '0' <= c && c <= '9' }
