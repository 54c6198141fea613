//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"lbmaster/conf"
	"lbmaster/master"
)

// options are the flags, as HAProxy's users know them. They beat the file.
type options struct {
	file       string // in TOML
	classic    names  // files and directories in HAProxy's language
	directory  string // where relative paths begin
	toml       bool
	foreground bool
	dashes     bool // "--" is among the arguments
	check      bool
	maxconn    int
	version    bool
	verbose    bool
	debug      bool
	daemon     bool
	quiet      bool
	pidfile    string
	soft       pids // to be stopped softly when this instance is up
	hard       pids // to be stopped at once
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
	f.Var(&o.classic, "f", "run with the configuration `FILE` in HAProxy's language; several are read one behind the other, of a directory its *.cfg")
	f.StringVar(&o.directory, "C", "", "relative paths begin in the directory `DIR`")
	f.BoolVar(&o.toml, "toml", false, "print the configuration of -f in TOML and exit")
	f.BoolVar(&o.foreground, "db", false, "stay in the foreground")
	var nothing bool
	var socket, name string
	for _, flag := range []string{"W", "Ws"} {
		f.BoolVar(&nothing, flag, false, "nothing: there is always a master, which tells systemd when it is up")
	}
	f.StringVar(&socket, "x", "", "nothing: -sf and upgrades take the listening sockets over by themselves; `SOCKET` is not asked")
	f.StringVar(&name, "L", "", "nothing: there are no peers to which `NAME` would tell who this is")
	f.Func("S", "refused: there is no socket `ADDRESS` of the master: use \"stats socket\" and lbctl", func(string) error {
		return errors.New("the master has no socket: write \"stats socket /run/lbmaster.sock\" in global and use lbctl, and signals for the master")
	})
	if err := f.Parse(gather(e.args, "-sf", "-st")); err != nil {
		return nil, err
	}
	o.rest(e.args, f)
	return o, o.fault(f)
}

// fault refuses a command line that makes no sense.
func (o *options) fault(f *flag.FlagSet) error {
	var err error
	switch {
	case strings.HasPrefix(o.file, "-"):
		err = fmt.Errorf("-c is followed by a file in TOML: to check one in HAProxy's language, use -t -f FILE")
	case f.NArg() > 0 && !o.dashes:
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.file != "" && len(o.classic) > 0:
		err = fmt.Errorf("-c and -f: choose one; -c FILE is a configuration in TOML, -f FILE one in HAProxy's language")
	case o.toml && len(o.classic) == 0:
		err = fmt.Errorf("-toml prints what -f FILE says: add that")
	case o.file == "" && len(o.classic) == 0 && !o.version:
		err = fmt.Errorf("no configuration: use -c FILE, or -f FILE for one in HAProxy's language")
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

// rest takes the files behind "--", as HAProxy does.
func (o *options) rest(args []string, f *flag.FlagSet) {
	if o.dashes = slices.Contains(args, "--"); o.dashes {
		o.classic = append(o.classic, f.Args()...)
	}
}

// apply lets the flags beat the file. Debugging beats what would hide it.
func (o *options) apply(g *conf.Global) {
	if o.maxconn > 0 {
		g.Maxconn = o.maxconn
	}
	if o.pidfile != "" {
		g.Pidfile = o.pidfile
	}
	g.Pidfile = o.in(g.Pidfile)
	g.Daemon = (g.Daemon || o.daemon) && !o.debug && !o.foreground
	g.Quiet = (g.Quiet || o.quiet) && !o.debug && !o.verbose
}

// replace are the processes that the instance replaces.
func (o *options) replace() master.Predecessors {
	if len(o.hard) > 0 {
		return master.Predecessors{Pids: o.hard, Signal: syscall.SIGTERM}
	}
	return master.Predecessors{Pids: o.soft, Signal: syscall.SIGUSR1}
}
