//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"lbmaster/conf"
	"lbmaster/master"
	"lbmaster/shared/pump"
	"lbmaster/shared/regular"
	"lbmaster/shared/release"
	"lbmaster/worker"
	"lbmaster/worker/monitor"
)

// env is what the command needs of the world.
type env struct {
	program string   // as it was called
	args    []string // without that
	environ []string
	stdout  io.Writer
	stderr  io.Writer
	read    func(name string) ([]byte, error)
}

// system is the world as it is.
func system() env {
	return env{os.Args[0], os.Args[1:], os.Environ(), os.Stdout, os.Stderr, regular.Read}
}

// The exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1
	exitInterrupted = 130 // 128 + SIGINT, as a shell has it
)

// lastWords is how long a process that belongs to an instance waits at its end for whoever reads its standard error.
const lastWords = 100 * time.Millisecond

// run finds out in which role the program was started, and plays it.
func run(e env) int {
	if len(e.args) > 0 {
		switch e.args[0] {
		case master.WorkerArg:
			return e.supervised(func(say *pump.Writer) error {
				return worker.Run(worker.Env{Control: worker.ControlFD, Stdout: e.stdout, Stderr: e.stderr, Say: say})
			})
		case master.MonitorArg:
			return e.supervised(func(say *pump.Writer) error { return monitor.Run(monitor.Env{Control: monitor.ControlFD, Say: say}) })
		}
	}
	o, err := parseFlags(e)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitFailed // the flag package has said why
	case o.version:
		fmt.Fprintln(e.stdout, "lbmaster", release.Build())
		return exitOK
	case o.toml:
		return status(e.stderr, o.translate(e))
	case isInit(e) && !o.check:
		return stay(e)
	case o.check:
		return status(e.stderr, o.checkOnly(e))
	}
	return e.supervised(func(say *pump.Writer) error { return o.run(e, say) })
}

// supervised plays a role in an instance, in which nobody waits for who reads standard error, not even at the end.
func (e env) supervised(play func(say *pump.Writer) error) int {
	say := pump.New(e.stderr)
	defer say.FlushFor(lastWords)
	return status(say, play(say))
}

// status is the exit status for an outcome, which it reports.
func status(say io.Writer, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, master.ErrInterrupted):
		return exitInterrupted
	case err == errTold:
		return exitFailed
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(say, "lbmaster:", conf.Escape(strings.TrimSuffix(line, "\n")))
	}
	return exitFailed
}

// checkOnly checks the configuration.
func (o *options) checkOnly(e env) error {
	config, err := o.load(e, e.stderr)
	if err != nil {
		return err
	}
	return o.tell(e, config)
}

// run checks the configuration, and runs the instance.
func (o *options) run(e env, say *pump.Writer) error {
	daemon := isDaemon(&e)
	warnings := io.Writer(say)
	if daemon { // who has started it has said them
		warnings = io.Discard
	}
	config, err := o.load(e, warnings)
	switch {
	case err != nil:
		return err
	case config.Global.Daemon && !daemon && !master.Successor(e.environ):
		say.Flush() // what comes from the process in the background comes after that
		return daemonize(e)
	}
	return master.Run(o.instance(e, say, config.Global.Quiet, daemon), config)
}

// tell says that the configuration is valid, if what it names is there, and what stands in the way of a start now. That is no fault
// of the configuration, and mostly no matter: who checks one beside a running instance is about to reload that, not to start a second one.
func (o *options) tell(e env, config *conf.Config) error {
	warning, err := master.Check(config)
	if err != nil || o.quiet {
		return err
	}
	if warning != nil {
		fmt.Fprintln(e.stderr, "lbmaster: warning: this user could not start it:", conf.Escape(warning.Error()))
	}
	for _, used := range master.InUse(config, o.replace()) {
		fmt.Fprintln(e.stderr, "lbmaster: warning: another instance could not start now:", conf.Escape(used))
	}
	for _, short := range master.Short(config) {
		fmt.Fprintln(e.stderr, "lbmaster: warning:", short)
	}
	fmt.Fprintln(e.stdout, "Configuration file is valid:", conf.Escape(o.configuration()))
	if o.verbose {
		for _, line := range master.Needs(config) {
			fmt.Fprintln(e.stdout, "Needed at most:", line)
		}
	}
	return nil
}

// load reads the configuration and all that it names. It warns where somebody reads.
func (o *options) load(e env, warn io.Writer) (*conf.Config, error) {
	config, warnings, err := o.parse(e)
	if err == nil {
		o.apply(&config.Global)
		if config.Global.Quiet && !o.check {
			warn = io.Discard
		}
	}
	for _, w := range warnings {
		fmt.Fprintln(warn, "lbmaster: warning:", w)
	}
	if err == nil {
		err = config.Load(e.read)
	}
	return config, err
}

// instance is the world for the master.
func (o *options) instance(e env, say *pump.Writer, quiet, daemon bool) master.Env {
	world := master.Env{Stdout: e.stdout, Stderr: e.stderr, Say: say, Environ: e.environ, Version: release.Build(), Log: o.logger(say, quiet)}
	if daemon {
		world.Up = up
	}
	if !master.Successor(e.environ) {
		world.Replace = o.replace()
	}
	return world
}

// logger is where the master says what it does.
func (o *options) logger(to io.Writer, quiet bool) *slog.Logger {
	level := slog.LevelInfo
	switch {
	case quiet:
		level = slog.LevelError
	case o.verbose || o.debug:
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: level}))
}
