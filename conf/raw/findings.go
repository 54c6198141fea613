package raw

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one thing that is wrong with a configuration.
type Error struct {
	File string
	Line int    // 0: nowhere in particular
	Key  string // "listen.webfarm.bind"; "" when no key is to blame
	Text string // what is wrong, and what would be right
}

func (e Error) Error() string { return located(e.File, e.Line, e.Key, e.Text) }

// Errors is everything that is wrong with a configuration, in the order of the lines.
type Errors []Error

// Error has a line for each error.
func (all Errors) Error() string {
	lines := make([]string, len(all))
	for i, e := range all {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Warning is something in a configuration that is correct, but does less than its reader may expect.
type Warning struct {
	File string
	Line int
	Key  string
	Text string
}

func (w Warning) String() string { return located(w.File, w.Line, w.Key, w.Text) }

// located puts the place before a text, in the form that editors understand.
func located(file string, line int, key, text string) string {
	place := file
	if line > 0 {
		place = fmt.Sprintf("%s:%d", file, line)
	}
	if key != "" {
		place += ": " + key
	}
	return Escape(place + ": " + text)
}

// Place is where a key is written, and what it is called there.
type Place struct {
	File string
	Line int    // 0: nowhere in particular
	Key  string // in the words of the file's language
}

// Findings collects what is wrong while a text is read.
type Findings struct {
	errors   Errors
	warnings []Warning
	known    map[Error]bool // what is wrong in the defaults is met once for each section
	more     bool           // some were left out
}

// MaxFindings bounds what is said of each kind: nobody reads more, and a text can have millions.
const MaxFindings = 100

// Full says that there is no use in looking for the words of another error.
func (f *Findings) Full() bool {
	f.more = f.more || len(f.errors) == MaxFindings
	return f.more
}

// Failed says that there is an error.
func (f *Findings) Failed() bool { return len(f.errors) > 0 }

// Fail notes an error.
func (f *Findings) Fail(at Place, format string, args ...any) {
	e := Error{at.File, at.Line, at.Key, fmt.Sprintf(format, args...)}
	if !f.knows(e) && !f.Full() {
		f.errors = append(f.errors, e)
	}
}

// Warn notes a warning.
func (f *Findings) Warn(at Place, format string, args ...any) {
	w := Warning{at.File, at.Line, at.Key, fmt.Sprintf(format, args...)}
	if len(f.warnings) < MaxFindings && !f.knows(Error(w)) {
		f.warnings = append(f.warnings, w)
	}
}

// knows says whether it has been asked about the same finding before. No text is both an error and a warning.
func (f *Findings) knows(e Error) bool {
	if f.known[e] {
		return true
	}
	if f.known == nil {
		f.known = make(map[Error]bool)
	}
	f.known[e] = true
	return false
}

// Sorted puts the findings into the order of the files and their lines. The error is of type Errors.
func (f *Findings) Sorted() ([]Warning, error) {
	slices.SortFunc(f.warnings, func(a, b Warning) int { return inOrder(Error(a), Error(b)) })
	if len(f.errors) == 0 {
		return f.warnings, nil
	}
	slices.SortFunc(f.errors, inOrder)
	if f.more {
		f.errors = append(f.errors, Error{File: f.errors[0].File, Text: "there are more errors: mend these first"})
	}
	return f.warnings, f.errors
}

func inOrder(a, b Error) int {
	return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, strings.Compare(a.Key, b.Key), strings.Compare(a.Text, b.Text))
}
