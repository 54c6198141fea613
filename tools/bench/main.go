//go:build linux

// Command bench measures lbmaster beside its peers, on this machine: what a request, a connection or a GiB costs in
// processor time, how long answers take, what an idle connection costs in memory, and what becomes of requests during
// upgrades.
//
// All proxies of a comparison run at the same time with one worker or thread each, and do the same job in front of the
// same servers (nginx). Rounds of the same load (wrk, h2load) go to one after the other, in turn, so that all meet the
// same machine, noise included; medians are compared. With two CPUs or more the proxies run on the first one and
// everything else on the second. Ratios to HAProxy of one run are results; absolute figures belong to the machine.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// options are the command line.
type options struct {
	binary   string
	before   string // another one, from before a change; "": none
	rounds   int
	duration time.Duration
	only     *regexp.Regexp
	enforce  bool
	pin      bool
}

func run(args []string, out, errs io.Writer) int {
	o := options{only: regexp.MustCompile("")}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.StringVar(&o.binary, "lbmaster", "bin/lbmaster", "the binary to measure")
	flags.StringVar(&o.before, "before", "", "another build of it, to compare with")
	flags.IntVar(&o.rounds, "rounds", 5, "rounds of each proxy")
	flags.DurationVar(&o.duration, "duration", 3*time.Second, "of a round, in whole seconds")
	flags.Func("only", "play only what this regular expression matches", func(s string) (err error) {
		o.only, err = regexp.Compile(s)
		return err
	})
	list := flags.Bool("list", false, "say what there is to play")
	flags.BoolVar(&o.enforce, "enforce", os.Getenv("BENCH_ENFORCE") != "", "fail when a wanted ratio is missed (environment: BENCH_ENFORCE)")
	flags.BoolVar(&o.pin, "pin", true, "keep proxies and load on CPUs of their own")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *list {
		for _, w := range works {
			fmt.Fprintf(out, "%-18s %s\n", w.name, w.title)
		}
		return 0
	}
	if err := o.play(out); err != nil {
		fmt.Fprintln(errs, "bench:", err)
		return 1
	}
	return 0
}

// errMissed ends a run that enforces what is wanted.
var errMissed = errors.New("a wanted ratio was missed")

// play plays all works that are asked for, and prints a table for each. One that cannot be played does not keep the others
// from it.
func (o options) play(out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "lbmaster-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b, err := o.open(dir)
	if err != nil {
		return err
	}
	b.describe(out)
	var bad []error
	for _, w := range works {
		if !o.only.MatchString(w.name) {
			continue
		}
		fmt.Fprintf(out, "\n%s: %s\n", w.name, w.title)
		if err := w.play(b, w, out); err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", w.name, err))
		}
	}
	if o.enforce && b.missed > 0 {
		bad = append(bad, errMissed)
	}
	return errors.Join(bad...)
}
