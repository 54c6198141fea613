//go:build linux

// Command bench-tcp compares what relaying TCP costs lbmaster and HAProxy, side by side on this machine: processor time of
// a GiB and of a connection, and memory of an idle connection.
//
// HAProxy runs twice, with and without option splice-auto, because neither is always the better one. All have one worker
// or thread and the same timeouts. Rounds of load alternate between the three, so that all meet the same machine, and the
// medians are compared. With two CPUs or more the proxies run on the first one and everything else on the second.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// options are the command line.
type options struct {
	lbmaster string
	rounds   int
	scale    float64
	limit    float64
	memory   int
	enforce  bool
	pin      bool
}

func run(args []string, out, errs io.Writer) int {
	var o options
	flags := flag.NewFlagSet("bench-tcp", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.StringVar(&o.lbmaster, "lbmaster", "bin/lbmaster", "the binary to measure")
	flags.IntVar(&o.rounds, "rounds", 5, "rounds of each load and proxy")
	flags.Float64Var(&o.scale, "scale", 1, "how much load a round is, 1 being a few seconds")
	flags.Float64Var(&o.limit, "limit", 1.0, "the largest ratio of processor times that is good")
	flags.IntVar(&o.memory, "memory", 2048, "the most bytes that an idle connection may cost")
	flags.BoolVar(&o.enforce, "enforce", os.Getenv("BENCH_ENFORCE") != "", "fail when a limit is exceeded (environment: BENCH_ENFORCE)")
	flags.BoolVar(&o.pin, "pin", true, "keep proxies and load on CPUs of their own")
	serve := flags.Bool("serve", false, "be the server of the benchmark; it starts one by itself")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *serve {
		return status(errs, serveForever(out))
	}
	return status(errs, o.bench(out))
}

func status(errs io.Writer, err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(errs, "bench-tcp:", err)
	return 1
}

// bench runs everything and prints a table for each load.
func (o options) bench(out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "lbmaster-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	f, err := o.prepare(dir)
	defer func() { err = errors.Join(err, f.stop()) }()
	if err != nil {
		return err
	}
	var bad []error
	for _, l := range o.loads() {
		bad = append(bad, f.compare(o, l, out))
	}
	bad = append(bad, f.compareMemory(o, out))
	return errors.Join(bad...)
}
