//go:build linux

package main

import (
	"flag"
	"fmt"
	"syscall"

	"lbmaster/conf"
	"lbmaster/master"
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
	soft    pids // to be stopped softly when this instance is up
	hard    pids // to be stopped at once
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
	f.BoolVar(&o.daemon, "D", false, "run in the background; return when the instance is up")
	f.BoolVar(&o.quiet, "q", false, "quiet: say nothing but errors")
	f.StringVar(&o.pidfile, "p", "", "write the process id to `FILE`")
	f.Var(&o.soft, "sf", "replace the instance with these process ids, `PIDS`, and let it finish what runs")
	f.Var(&o.hard, "st", "replace the instance with these process ids, `PIDS`, and end it at once")
	if err := f.Parse(gather(e.args, "-sf", "-st")); err != nil {
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
	case len(o.soft) > 0 && len(o.hard) > 0:
		err = fmt.Errorf("-sf and -st: choose one")
	case o.maxconn < 0:
		err = fmt.Errorf("-n %d: a number of connections is 1 or more", o.maxconn)
	default:
		return nil
	}
	fmt.Fprintln(f.Output(), "lbmaster:", err)
	f.Usage()
	return err
}

// apply lets the flags beat the file. Debugging beats what would hide it.
func (o *options) apply(g *conf.Global) {
	if o.maxconn > 0 {
		g.Maxconn = o.maxconn
	}
	if o.pidfile != "" {
		g.Pidfile = o.pidfile
	}
	g.Daemon = (g.Daemon || o.daemon) && !o.debug
	g.Quiet = (g.Quiet || o.quiet) && !o.debug && !o.verbose
}

// replace are the processes that the instance replaces.
func (o *options) replace() master.Predecessors {
	if len(o.hard) > 0 {
		return master.Predecessors{Pids: o.hard, Signal: syscall.SIGTERM}
	}
	return master.Predecessors{Pids: o.soft, Signal: syscall.SIGUSR1}
}
