//go:build linux

package tests

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// compare asserts what has been seen of both. With -update it takes it over, and a difference still needs a reason.
func (row *tableRow) compare(t *testing.T, ours, theirs sight) {
	t.Helper()
	if *update {
		row.take(ours, theirs)
	}
	for _, aspect := range aspects {
		row.expect(t, "lbmaster", aspect, ours[aspect], row.want[aspect])
		if row.alone {
			continue
		}
		row.expect(t, "HAProxy", aspect, theirs[aspect], row.hers(aspect))
		if row.theirs[aspect] != nil && same(aspect, row.theirs[aspect], row.want[aspect]) {
			t.Errorf("%s: HAProxy does not differ in what is seen of %s; remove the line", row.name, aspect)
		}
	}
	switch {
	case (len(row.theirs) > 0 || row.alone) && len(row.reason) == 0:
		t.Errorf("%s: the row does not say why HAProxy differs (\"differs KEY\", with KEY in testdata/exchange/reasons)", row.name)
	case len(row.theirs) == 0 && len(row.reason) > 0 && !row.alone:
		t.Errorf("%s: HAProxy does not differ; remove \"differs %s\"", row.name, strings.Join(row.reason, " "))
	}
}

// take makes what has been seen what should be seen.
func (row *tableRow) take(ours, theirs sight) {
	row.want, row.theirs = make(sight), make(sight)
	for _, aspect := range aspects {
		row.want[aspect] = orNothing(ours[aspect])
		if !row.alone && !same(aspect, ours[aspect], theirs[aspect]) {
			row.theirs[aspect] = orNothing(theirs[aspect])
		}
	}
}

// hers is what should be seen of HAProxy.
func (row *tableRow) hers(aspect string) []string {
	if lines := row.theirs[aspect]; lines != nil {
		return lines
	}
	return row.want[aspect]
}

// expect asserts one aspect. How HAProxy ends a connection to a server is its own matter.
func (row *tableRow) expect(t *testing.T, whose, aspect string, got, want []string) {
	t.Helper()
	ok := slices.Equal(orNothing(got), want)
	if whose == "HAProxy" {
		ok = same(aspect, got, want)
	}
	if !ok {
		t.Errorf("%s: %s: %s:\n\t%s\nwant\n\t%s", row.name, whose, aspect, strings.Join(orNothing(got), "\n\t"), strings.Join(want, "\n\t"))
	}
}

// same tells whether two sights are the same to users. How a connection to a server ends that is not needed any more is not:
// docs/compatibility.md says that lbmaster resets it.
func same(aspect string, one, other []string) bool {
	plain := func(lines []string) (all []string) {
		for _, l := range orNothing(lines) {
			for _, end := range []string{"; closed", "; reset", "; closed or reset"} {
				if aspect == "server" {
					l = strings.TrimSuffix(l, end)
				}
			}
			all = append(all, l)
		}
		return all
	}
	return slices.Equal(plain(one), plain(other))
}

func orNothing(lines []string) []string {
	if len(lines) == 0 {
		return []string{"nothing"}
	}
	return lines
}

// tableReasons are what is to be said of the differences, by key, in the order of the documentation.
type tableReasons struct {
	keys []string
	text map[string]string
}

// readReasons reads lines of a key and a text; what begins with # is a comment.
func readReasons(path string) (*tableReasons, error) {
	b, err := os.ReadFile(path)
	r := &tableReasons{text: make(map[string]string)}
	for line := range strings.Lines(string(b)) {
		key, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case key == "" || strings.HasPrefix(key, "#"):
		case r.text[key] != "" || text == "":
			return nil, fmt.Errorf("%s: %s is there twice, or says nothing", path, key)
		default:
			r.keys, r.text[key] = append(r.keys, key), strings.TrimSpace(text)
		}
	}
	return r, err
}

// check proves that reasons and rows fit each other, and that the documentation tells the reasons.
func (r *tableReasons) check(t *testing.T, files []*tableFile) {
	used, names := make(map[string][]string), make(map[string]bool)
	n := 0
	for _, f := range files {
		for _, row := range f.rows {
			if names[row.name] {
				t.Errorf("two rows are called %q", row.name)
			}
			names[row.name] = true
			n++
			for _, key := range row.reason {
				used[key] = append(used[key], row.name)
				if r.text[key] == "" {
					t.Errorf("%s: no reason is called %q", row.name, key)
				}
			}
			for _, s := range row.with {
				if _, ok := tableSettings[s]; !ok {
					t.Errorf("%s: no setting is called %q", row.name, s)
				}
			}
		}
	}
	for _, key := range r.keys {
		if used[key] == nil {
			t.Errorf("no row has the reason %q", key)
		}
	}
	t.Logf("%d exchanges, %d reasons", n, len(r.keys))
	if err := r.checkDoc(); err != nil {
		t.Error(err)
	}
}
