//go:build linux

package main

import (
	"flag"
	"fmt"
)

// options are the flags, as HAProxy's users know them. They beat the file.
type options struct {
	file    string
	check   bool
	maxconn int
	version bool
	verbose bool
	debug   bool
	daemon  bool
	quiet   bool
	pidfile string
}

// parseFlags reads the command line. It reports what is wrong by itself.
func parseFlags(e env) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("lbmaster", flag.ContinueOnError)
	f.SetOutput(e.stderr)
	f.StringVar(&o.file, "c", "", "run with the configuration `FILE`")
	f.BoolVar(&o.check, "t", false, "check the configuration and exit")
	f.IntVar(&o.maxconn, "n", 0, "override global.maxconn: `NUMBER` of client connections")
	f.BoolVar(&o.version, "v", false, "print the version and exit")
	f.BoolVar(&o.verbose, "V", false, "verbose: say more about what happens")
	f.BoolVar(&o.debug, "d", false, "debug: stay in the foreground and say more")
	f.BoolVar(&o.daemon, "D", false, "run in the background (not yet in effect)")
	f.BoolVar(&o.quiet, "q", false, "say nothing (not yet in effect)")
	f.StringVar(&o.pidfile, "p", "", "write the process id to `FILE` (not yet in effect)")
	if err := f.Parse(e.args); err != nil {
		return nil, err
	}
	return o, o.fault(f)
}

// fault refuses a command line that makes no sense.
func (o *options) fault(f *flag.FlagSet) error {
	var err error
	switch {
	case f.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.file == "" && !o.version:
		err = fmt.Errorf("no configuration: use -c FILE")
	case o.maxconn < 0:
		err = fmt.Errorf("-n %d: a number of connections is 1 or more", o.maxconn)
	default:
		return nil
	}
	fmt.Fprintln(f.Output(), "lbmaster:", err)
	f.Usage()
	return err
}

// warn names the flags that have no effect yet.
func (o *options) warn(e env) {
	for name, set := range map[string]bool{"-D": o.daemon, "-q": o.quiet, "-p": o.pidfile != ""} {
		if set {
			fmt.Fprintln(e.stderr, "lbmaster: warning:", name+": not yet in effect")
		}
	}
}
