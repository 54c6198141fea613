//go:build linux

package tests

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// tableRow is one exchange: what a client and a server do, and what is seen of two proxies between them.
type tableRow struct {
	name   string
	lines  []string // as they stand in the file, without those that are seen
	with   []string // settings, see tableSettings
	script []tableStep
	reason []string // keys of tableReasons: why HAProxy differs
	alone  bool     // it is not played to HAProxy, where what comes is a matter of chance
	either bool     // whether the client's connection ends in order or by a reset is a matter of chance
	want   sight    // what is seen of lbmaster
	theirs sight    // what is seen of HAProxy, of those aspects only that differ
}

// sight is what is seen of a proxy, by aspect: "client", "server" and "log".
type sight map[string][]string

var aspects = []string{"client", "server", "log"}

// tableStep is one line of a script.
type tableStep struct {
	line string
	who  string // "client", "server", or "" for an upgrade
	verb string // see tableVerbs
	text []byte
}

// tableVerbs are what client and server can do. The words with a colon and "gets" have a text.
var tableVerbs = map[string][]string{
	"client": {":", "gets", "waits", "ends", "closes", "resets"},
	"server": {":", "early:", "more:", "later:", "gets", "waits", "ends", "closes", "resets"},
}

// tableFile is one file of the table.
type tableFile struct {
	path    string
	comment []byte
	rows    []*tableRow
}

// readTable reads a file of testdata/exchange.
func readTable(path string) (*tableFile, error) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		return nil, err
	}
	f := &tableFile{path: path, comment: archive.Comment}
	for _, part := range archive.Files {
		row := &tableRow{name: part.Name, want: make(sight), theirs: make(sight)}
		for line := range strings.Lines(string(part.Data)) {
			if err := row.read(strings.TrimSuffix(line, "\n")); err != nil {
				return nil, fmt.Errorf("%s: %s: %q: %w", filepath.Base(path), row.name, strings.TrimSpace(line), err)
			}
		}
		f.rows = append(f.rows, row)
	}
	return f, nil
}

func (row *tableRow) read(line string) error {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	rest = strings.TrimLeft(rest, " ")
	switch word {
	case "want":
		return row.want.read(rest)
	case "haproxy":
		return row.theirs.read(rest)
	case "":
		return nil
	}
	row.lines = append(row.lines, line)
	switch {
	case strings.HasPrefix(word, "#"):
		return nil
	case word == "with":
		row.with = strings.Fields(rest)
	case word == "differs":
		row.reason = append(row.reason, strings.Fields(rest)...)
	case word == "alone":
		row.alone, row.reason = true, strings.Fields(rest)
	case word == "either":
		row.either = true
	case word == "upgrade":
		row.script = append(row.script, tableStep{line: line})
	default:
		return row.readStep(line, word, rest)
	}
	return nil
}

func (row *tableRow) readStep(line, word, rest string) error {
	step := tableStep{line: line}
	if who, ok := strings.CutSuffix(word, ":"); ok {
		step.who, step.verb = who, ":"
	} else {
		step.who = word
		step.verb, rest, _ = strings.Cut(rest, " ")
	}
	if !slices.Contains(tableVerbs[step.who], step.verb) {
		return fmt.Errorf("nobody knows how to do that")
	}
	text, err := unfoldText(strings.TrimLeft(rest, " "))
	step.text = text
	row.script = append(row.script, step)
	return err
}

func (s sight) read(rest string) error {
	aspect, text, _ := strings.Cut(rest, " ")
	if !slices.Contains(aspects, aspect) {
		return fmt.Errorf("no such aspect")
	}
	s[aspect] = append(s[aspect], strings.TrimSpace(text))
	return nil
}

// unfoldText turns the text of a step into bytes: | is CRLF, {1000} that many bytes of tablePattern, {X*1000} X as often,
// and a backslash begins what it does in Go.
func unfoldText(text string) ([]byte, error) {
	var b bytes.Buffer
	for text != "" {
		switch c := text[0]; {
		case c == '|':
			b.WriteString("\r\n")
			text = text[1:]
		case c == '{':
			inner, rest, ok := strings.Cut(text[1:], "}")
			what, times, repeated := cutLast(inner, "*")
			n, err := strconv.Atoi(times)
			if !ok || err != nil {
				return nil, fmt.Errorf("%q is no number of bytes", inner)
			}
			if !repeated {
				b.Write(tablePattern(n))
			} else {
				unit, err := unfoldText(what)
				if err != nil {
					return nil, err
				}
				b.Write(bytes.Repeat(unit, n))
			}
			text = rest
		case c == '\\' && len(text) > 1 && strings.ContainsRune("|{}", rune(text[1])):
			b.WriteByte(text[1])
			text = text[2:]
		case c == '\\':
			value, multibyte, rest, err := strconv.UnquoteChar(text, 0)
			if err != nil {
				return nil, fmt.Errorf("bad escape in %q", text)
			}
			if multibyte {
				b.WriteRune(value)
			} else {
				b.WriteByte(byte(value))
			}
			text = rest
		default:
			b.WriteByte(c)
			text = text[1:]
		}
	}
	return b.Bytes(), nil
}

// cutLast cuts at the last separator; without one, everything is behind it.
func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(separator):], true
}

// tablePattern returns n bytes that show where something is missing.
func tablePattern(n int) []byte {
	const unit = "abcdefghijklmnopqrstuvwxyz0123456789+"
	return bytes.Repeat([]byte(unit), n/len(unit)+1)[:n]
}

// write replaces the file, with what the rows have as seen.
func (f *tableFile) write() error {
	archive := &txtar.Archive{Comment: f.comment}
	for _, row := range f.rows {
		var b strings.Builder
		for _, line := range row.lines {
			b.WriteString(line + "\n")
		}
		row.want.write(&b, "want")
		row.theirs.write(&b, "haproxy")
		b.WriteByte('\n')
		archive.Files = append(archive.Files, txtar.File{Name: row.name, Data: []byte(b.String())})
	}
	return os.WriteFile(f.path, txtar.Format(archive), 0o644)
}

func (s sight) write(b *strings.Builder, whose string) {
	for _, aspect := range aspects {
		for _, line := range s[aspect] {
			fmt.Fprintf(b, "%s %s %s\n", whose, aspect, line)
		}
	}
}
