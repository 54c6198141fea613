// Command verdict reads what "go test -json" prints, from standard input, and says what matters: each failed test with
// its output, each skipped test with its reason, the packages that took long, and in the last line
//
//	N passed, N failed
//
// with ", N skipped" behind it when tests were skipped. Only leaves are counted: a test with subtests is not. A package
// that fails without a failed test (it does not build, it panics, it runs out of time) counts as one failure. The exit
// status is 0 when nothing failed and at least one test passed; with -strict a skip counts as a failure.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, in io.Reader, out, errs io.Writer) int {
	flags := flag.NewFlagSet("verdict", flag.ContinueOnError)
	flags.SetOutput(errs)
	strict := flags.Bool("strict", false, "a skipped test is a failure")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		fmt.Fprintln(errs, "usage: go test -json ... | verdict [-strict]")
		return 2
	}
	r := newReport()
	if err := r.read(in, out); err != nil {
		fmt.Fprintln(errs, "verdict:", err)
		return 2
	}
	return r.conclude(out, *strict)
}
