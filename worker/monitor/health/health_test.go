package health

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what comes out into testdata")

// TestTranscripts: each section of a file is a server. Its first line has the limits, the second one the results of its
// checks, + and -. What follows is the count and the state at first, and after each check.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("transcripts %v, %v", files, err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.Files {
			f := &a.Files[i]
			got := transcript(t, string(f.Data))
			if got != string(f.Data) && !*update {
				t.Errorf("%s, %s:\n%s\nwant:\n%s", file, f.Name, got, f.Data)
			}
			f.Data = []byte(got)
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func transcript(t *testing.T, text string) string {
	t.Helper()
	head := strings.SplitN(text, "\n", 3)
	var l Limits
	if _, err := fmt.Sscanf(head[0], "rise %d fall %d", &l.Rise, &l.Fall); err != nil || len(head) < 2 {
		t.Fatalf("%q: %v", text, err)
	}
	var b strings.Builder
	c := l.First()
	fmt.Fprintf(&b, "%s\n%s\n  %d %s\n", head[0], head[1], c, l.Text(c))
	for _, r := range head[1] {
		c = l.Next(c, r == '+')
		fmt.Fprintf(&b, "%c %d %s\n", r, c, l.Text(c))
	}
	return b.String()
}

// TestInvariants goes through every count of many limits.
func TestInvariants(t *testing.T) {
	for rise := 1; rise <= 5; rise++ {
		for fall := 1; fall <= 5; fall++ {
			l := Limits{rise, fall}
			for c := Count(0); c <= l.Top(); c++ {
				good, bad := l.Next(c, true), l.Next(c, false)
				if good < 0 || good > l.Top() || bad < 0 || bad > l.Top() || l.Up(c) && !l.Up(good) || !l.Up(c) && l.Up(bad) {
					t.Errorf("%+v: %d became %d or %d", l, c, good, bad)
				}
				if l.Restore(c, l.Up(c)) != c {
					t.Errorf("%+v: %d was restored as %d", l, c, l.Restore(c, l.Up(c)))
				}
			}
			wantInRow(t, l, true, rise)
			wantInRow(t, l, false, fall)
		}
	}
}

// wantInRow: from the far end it takes n checks to change the state.
func wantInRow(t *testing.T, l Limits, good bool, n int) {
	t.Helper()
	c := Count(0)
	if !good {
		c = l.Top()
	}
	took := 0
	for l.Up(c) != good {
		c = l.Next(c, good)
		took++
	}
	if took != n {
		t.Errorf("%+v: %d checks changed the state, want %d", l, took, n)
	}
}

// TestRestoreFollowsTheState: whatever was kept, and whatever the limits are now.
func TestRestoreFollowsTheState(t *testing.T) {
	l := Limits{2, 3}
	for _, c := range []Count{-1, 0, 1, 2, 4, 5, 1000} {
		for _, up := range []bool{false, true} {
			if got := l.Restore(c, up); l.Up(got) != up || got < 0 || got > l.Top() {
				t.Errorf("%d of a server that is up=%v was restored as %d", c, up, got)
			}
		}
	}
}
