//go:build linux

package tests

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// unknownHere are fields that HAProxy has and lbmaster has not: maxima that nobody keeps, and estimates.
var unknownHere = strings.Fields("ctime_max rtime_max ttime_max need_conn_est agg_server_status agg_server_check_status agg_check_status")

// lastKnown is the last field of show stat that programs know by its number. What HAProxy tells behind it depends on how it was built.
const lastKnown = 102

// known tells whether a field of show stat may be expected here.
func known(pos int, name string) bool { return pos <= lastKnown && !slices.Contains(unknownHere, name) }

// typedLines are the lines of a typed answer without their values.
func typedLines(t *testing.T, text string, of func(pos int, name string) bool) []string {
	t.Helper()
	var all []string
	for line := range strings.Lines(text) {
		if line == "\n" {
			continue
		}
		parts := strings.SplitN(line, ":", 4)
		if len(parts) != 4 {
			return append(all, line) // an error
		}
		path := strings.Split(parts[0], ".")
		var pos int
		if _, err := fmt.Sscan(path[len(path)-3], &pos); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if of(pos, path[len(path)-2]) {
			all = append(all, strings.Join(parts[:3], ":"))
		}
	}
	return all
}

// field is an object of an answer in JSON.
type field struct {
	ObjType   string
	ProxyID   int
	ID        int
	Field     struct{ Pos int }
	keys      string // all of them, and what their values are
	tags      string
	valueType string
}

// UnmarshalJSON notes what keys there are, and of what types their values are.
func (f *field) UnmarshalJSON(b []byte) error {
	type plain field
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	if err := json.Unmarshal(b, (*plain)(f)); err != nil {
		return err
	}
	for k, v := range all {
		f.keys += fmt.Sprintf(" %s:%T", k, v)
		if m, ok := v.(map[string]any); ok {
			for inner, w := range m {
				f.keys += fmt.Sprintf(" %s.%s:%T", k, inner, w)
			}
		}
	}
	words := strings.Fields(f.keys)
	slices.Sort(words)
	f.keys = strings.Join(words, " ")
	f.tags = fmt.Sprint(all["tags"], all["processNum"], all["field"])
	f.valueType = fmt.Sprint(all["value"].(map[string]any)["type"])
	return nil
}

func (f field) String() string {
	return fmt.Sprintf("%s %d/%d %s type %s, %s", f.ObjType, f.ProxyID, f.ID, f.tags, f.valueType, f.keys)
}

// jsonFields are the objects of an answer in JSON, a line each. An error is a line, too.
func jsonFields(text string, of func(pos int, name string) bool) []string {
	var rows [][]field
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		var row []field
		if err := json.Unmarshal([]byte(text), &row); err != nil {
			return []string{text}
		}
		rows = [][]field{row}
	}
	var all []string
	for _, row := range rows {
		all = append(all, "row")
		for _, f := range row {
			var name string
			if _, after, ok := strings.Cut(f.tags, "name:"); ok {
				name, _, _ = strings.Cut(after, " pos:")
			}
			if of(f.Field.Pos, name) {
				all = append(all, f.String())
			}
		}
	}
	return all
}

// TestSameTyped: the typed and the JSON form of show stat and show info have HAProxy's structure: the same fields in the same order, with
// the same numbers, tags and types.
func TestSameTyped(t *testing.T) {
	t.Parallel()
	// No check is under way while both are asked: HAProxy tells of that.
	s, _, r := pairEvery(t, time.Hour, func(s *site) {
		startOrigin(t, "a", s.place.server(0))
		startOrigin(t, "c", s.place.server(2))
	})
	r.both(t, s, "a", "UP")
	for _, front := range r.fronts(s) {
		served(t, front)
	}
	r.same(t, s, "set server web/b health down")
	for _, state := range []string{"ready", "drain", "maint"} {
		r.same(t, s, "set server web/c state "+state)
		for _, filter := range []string{
			"", "up", "no-maint", "web 4 1", "2 4 1", "web 4 1 no-maint", "-1 4 -1", "-1 3 -1 up", "web 4 9", "web x 1", "web 4 x", "none 1 1", "up no-maint foo", "foo",
		} {
			r.sameTyped(t, s, "show stat "+filter+" typed", known)
			r.sameJSON(t, s, "show stat "+filter+" json", known)
		}
	}
	r.sameTyped(t, s, "show stat json typed", known)
	r.sameJSON(t, s, "show stat typed json", known)
	have := make(map[string]bool)
	for line := range strings.Lines(tell(t, s.socket, "show info")) {
		name, _, _ := strings.Cut(line, ":")
		have[name] = true
	}
	common := func(pos int, name string) bool { return pos < 1000 && have[name] }
	r.sameTyped(t, s, "show info typed", common)
	r.sameJSON(t, s, "show info json", common)
	r.sameJSON(t, s, "show info typed json", common)
	if len(have) < 35 {
		t.Errorf("show info has only %d lines", len(have))
	}
}

// sameTyped gives both a command and compares typed answers.
func (r *rival) sameTyped(t *testing.T, s *site, command string, of func(int, string) bool) {
	t.Helper()
	mine, theirs := typedLines(t, tell(t, s.socket, command), of), typedLines(t, tell(t, r.socket, command), of)
	differ(t, command, mine, theirs)
}

// sameJSON gives both a command and compares answers in JSON.
func (r *rival) sameJSON(t *testing.T, s *site, command string, of func(int, string) bool) {
	t.Helper()
	differ(t, command, jsonFields(tell(t, s.socket, command), of), jsonFields(tell(t, r.socket, command), of))
}

// differ tells what only one of two lists has.
func differ(t *testing.T, what string, mine, theirs []string) {
	t.Helper()
	if slices.Equal(mine, theirs) {
		return
	}
	for _, l := range mine {
		if !slices.Contains(theirs, l) {
			t.Errorf("%s: HAProxy has no %s", what, l)
		}
	}
	for _, l := range theirs {
		if !slices.Contains(mine, l) {
			t.Errorf("%s: only HAProxy has %s", what, l)
		}
	}
	t.Errorf("%s: %d fields, HAProxy has %d, or another order", what, len(mine), len(theirs))
}
