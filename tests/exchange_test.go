//go:build linux

package tests

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestExchanges plays the exchanges of testdata/exchange to lbmaster and to HAProxy; testdata/exchange/README says how they are
// written. -update rewrites what is seen, here and in docs/compatibility.md, but the reasons.
func TestExchanges(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/exchange/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no exchanges: %v", err)
	}
	reasons, err := readReasons("testdata/exchange/reasons")
	if err != nil {
		t.Fatal(err)
	}
	var files []*tableFile
	for _, path := range paths {
		f, err := readTable(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	t.Run("reasons", func(t *testing.T) { reasons.check(t, files) })
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f.path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			f.play(t)
		})
	}
}

// play plays all rows of a file at the same time.
func (f *tableFile) play(t *testing.T) {
	p := newPlace(t)
	ours, theirs := newTableProxy(t, p, ourHost, f.rows), newTableProxy(t, p, theirHost, f.rows)
	ours.startOurs()
	theirs.startTheirs()
	var wg sync.WaitGroup
	for i, row := range f.rows {
		wg.Go(func() {
			var mine, hers sight
			var err1, err2 error
			var both sync.WaitGroup
			both.Go(func() { mine, err1 = ours.play(i) })
			if !row.alone {
				both.Go(func() { hers, err2 = theirs.play(i) })
			}
			both.Wait()
			if err1 != nil || err2 != nil {
				t.Errorf("%s: lbmaster: %v; HAProxy: %v", row.name, err1, err2)
				return
			}
			row.compare(t, mine, hers)
		})
	}
	wg.Wait()
	if *update {
		if err := f.write(); err != nil {
			t.Error(err)
		}
	}
}
