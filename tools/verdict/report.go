package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of go test -json; see "go doc test2json".
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build-output or build-fail event
	Test       string
	Output     string
	Elapsed    float64 // seconds
}

// key names a test, or a package when test is "".
type key struct{ pkg, test string }

func (k key) String() string {
	if k.test == "" {
		return k.pkg
	}
	return k.pkg + " " + k.test
}

// report is what has been read so far.
type report struct {
	outcome map[key]string // pass, fail or skip
	output  map[key][]string
	parents map[key]bool // tests that have subtests
	builds  []string     // output of the compiler
}

func newReport() *report {
	return &report{outcome: make(map[key]string), output: make(map[key][]string), parents: make(map[key]bool)}
}

// read takes in a whole stream of events, and says how each package ended as soon as it has. Lines that are no
// events are passed through: they tell of trouble.
func (r *report) read(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Action == "" {
			fmt.Fprintln(out, lines.Text())
			continue
		}
		r.take(e, out)
	}
	return lines.Err()
}

func (r *report) take(e event, out io.Writer) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "output":
		r.output[k] = append(r.output[k], e.Output)
	case "build-output":
		r.builds = append(r.builds, e.Output)
	case "build-fail":
		r.builds = append(r.builds, "cannot build "+e.ImportPath+"\n")
	case "run":
		r.adopt(k)
	case "pass", "fail", "skip":
		r.end(k, e, out)
	}
}

// adopt notes that the tests above k are no leaves.
func (r *report) adopt(k key) {
	for {
		i := strings.LastIndexByte(k.test, '/')
		if i < 0 {
			return
		}
		k.test = k.test[:i]
		r.parents[k] = true
	}
}

func (r *report) end(k key, e event, out io.Writer) {
	r.outcome[k] = e.Action
	if k.test == "" && e.Action != "skip" {
		fmt.Fprintf(out, "%-4s  %s  %.1fs\n", e.Action, k.pkg, e.Elapsed)
	}
	if e.Action == "pass" {
		delete(r.output, k)
	}
}

// leaves returns the tests with an outcome, in order of their names. Benchmarks, examples and fuzz seeds are tests.
func (r *report) leaves(outcome string) []key {
	var out []key
	for _, k := range r.sorted() {
		if k.test != "" && !r.parents[k] && r.outcome[k] == outcome {
			out = append(out, k)
		}
	}
	return out
}

func (r *report) sorted() []key {
	return slices.SortedFunc(maps.Keys(r.outcome), func(a, b key) int { return strings.Compare(a.String(), b.String()) })
}

// failures returns the failed leaves, and what failed above them for a reason of its own: a test with subtests whose
// subtests are all right, a package whose tests are all right.
func (r *report) failures() []key {
	failed := r.leaves("fail")
	var own []key
	for _, k := range slices.Backward(r.sorted()) { // what is below comes before what is above
		if r.outcome[k] != "fail" || slices.Contains(failed, k) {
			continue
		}
		below := func(f key) bool {
			return f.pkg == k.pkg && (k.test == "" || strings.HasPrefix(f.test, k.test+"/"))
		}
		if !slices.ContainsFunc(failed, below) && !slices.ContainsFunc(own, below) {
			own = append(own, k)
		}
	}
	return append(failed, own...)
}

// conclude prints the verdict and returns the exit status.
func (r *report) conclude(out io.Writer, strict bool) int {
	failed, skipped := r.failures(), r.leaves("skip")
	fmt.Fprint(out, strings.Join(r.builds, ""))
	for _, k := range failed {
		fmt.Fprintf(out, "\nFAILED  %s\n%s", k, strings.Join(r.story(k), ""))
	}
	for _, k := range skipped {
		fmt.Fprintf(out, "\nSKIPPED  %s\n%s", k, strings.Join(r.output[k], ""))
	}
	passed, bad := len(r.leaves("pass")), len(failed)
	if strict {
		bad += len(skipped)
	}
	fmt.Fprintf(out, "\n%d passed, %d failed", passed, bad)
	if len(skipped) > 0 && !strict {
		fmt.Fprintf(out, ", %d skipped", len(skipped))
	}
	fmt.Fprintln(out)
	if bad > 0 || passed == 0 {
		return 1
	}
	return 0
}

// story is the output that belongs to a failure. A test that never ended (a panic, a timeout) has no outcome, but its
// output tells what happened to its package.
func (r *report) story(k key) []string {
	text := r.output[k]
	if k.test != "" {
		return text
	}
	for _, other := range slices.SortedFunc(maps.Keys(r.output), func(a, b key) int { return strings.Compare(a.test, b.test) }) {
		if _, ended := r.outcome[other]; other.pkg == k.pkg && !ended {
			text = append(text, r.output[other]...)
		}
	}
	return text
}
