//go:build linux

// Command bench compares what a request costs lbmaster and HAProxy in processor time, side by side on this machine.
//
// Both run at the same time with one worker or thread, the same timeouts, cookie insertion and keep-alive on both
// sides; nginx plays the servers, wrk the clients. Rounds of load alternate between the two, so that both meet the same
// machine, and the medians are compared. With two CPUs or more the proxies run on the first one and everything else
// on the second.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// options are the command line.
type options struct {
	lbmaster    string
	rounds      int
	duration    time.Duration
	connections int
	limit       float64
	enforce     bool
	pin         bool
	log         bool
}

func run(args []string, out, errs io.Writer) int {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.StringVar(&o.lbmaster, "lbmaster", "bin/lbmaster", "the binary to measure")
	flags.IntVar(&o.rounds, "rounds", 7, "rounds of each")
	flags.DurationVar(&o.duration, "duration", 3*time.Second, "of a round, in whole seconds")
	flags.IntVar(&o.connections, "connections", 64, "client connections")
	flags.Float64Var(&o.limit, "limit", 1.0, "the largest ratio that is good")
	flags.BoolVar(&o.enforce, "enforce", os.Getenv("BENCH_ENFORCE") != "", "fail when the ratio is above the limit (environment: BENCH_ENFORCE)")
	flags.BoolVar(&o.log, "log", false, "both write httplog to a UDP sink")
	flags.BoolVar(&o.pin, "pin", true, "keep proxies and load on CPUs of their own")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	ratio, err := o.compare(out)
	if err != nil {
		fmt.Fprintln(errs, "bench:", err)
		return 1
	}
	if ratio > o.limit && o.enforce {
		fmt.Fprintf(errs, "bench: the ratio is above %.2f\n", o.limit)
		return 1
	}
	return 0
}

// compare runs all rounds and prints the table.
func (o options) compare(out io.Writer) (ratio float64, err error) {
	dir, err := os.MkdirTemp("", "lbmaster-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	field, err := o.prepare(dir)
	defer func() { err = errors.Join(err, field.stop()) }()
	if err != nil {
		return 0, err
	}
	for _, c := range field.contenders {
		if _, err := field.round(c, time.Second); err != nil { // warm up
			return 0, err
		}
	}
	if err := field.rounds(o, out); err != nil {
		return 0, err
	}
	return field.conclude(out), nil
}
