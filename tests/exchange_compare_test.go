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
	differ := make(sight)
	for _, aspect := range aspects {
		same := slices.Equal[[]string]
		if aspect == "server" {
			same = alike
		}
		if !row.alone && !same(orNothing(ours[aspect]), orNothing(theirs[aspect])) {
			differ[aspect] = orNothing(theirs[aspect])
		}
	}
	for _, aspect := range aspects {
		ours[aspect] = orNothing(ours[aspect])
	}
	if *update {
		row.want, row.theirs = ours, differ
	}
	for _, aspect := range aspects {
		expect(t, row.name+": lbmaster: "+aspect, ours[aspect], row.want[aspect])
		if aspect == "server" && alike(differ[aspect], row.theirs[aspect]) {
			continue // how HAProxy ends such connections is its own matter
		}
		expect(t, row.name+": what HAProxy does else: "+aspect, differ[aspect], row.theirs[aspect])
	}
	switch {
	case row.alone && len(row.reason) > 0 && len(row.theirs) == 0:
	case len(row.theirs) > 0 && len(row.reason) == 0:
		t.Errorf("%s: the row does not say why HAProxy differs (\"differs KEY\", with KEY in testdata/exchange/reasons)", row.name)
	case len(row.theirs) == 0 && len(row.reason) > 0:
		t.Errorf("%s: HAProxy does not differ; remove \"differs %s\"", row.name, strings.Join(row.reason, " "))
	}
}

func orNothing(lines []string) []string {
	if len(lines) == 0 {
		return []string{"nothing"}
	}
	return lines
}

// alike tells whether two sights of a server are the same to users. How a connection to a server ends that is not needed any more is not:
// docs/compatibility.md says that lbmaster resets it.
func alike(ours, theirs []string) bool {
	plain := func(lines []string) (all []string) {
		for _, l := range lines {
			for _, end := range []string{"; closed", "; reset", "; closed or reset"} {
				l = strings.TrimSuffix(l, end)
			}
			all = append(all, l)
		}
		return all
	}
	return slices.Equal(plain(ours), plain(theirs))
}

func expect(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
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
		} else if strings.HasPrefix(r.text[key], "TODO") {
			t.Logf("%s: %s", r.text[key], strings.Join(used[key], ", "))
		}
	}
	t.Logf("%d exchanges, %d reasons", n, len(r.keys))
	if err := r.checkDoc(); err != nil {
		t.Error(err)
	}
}
