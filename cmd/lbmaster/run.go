//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"lbmaster/conf"
	"lbmaster/master"
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
	return env{os.Args[0], os.Args[1:], os.Environ(), os.Stdout, os.Stderr, os.ReadFile}
}

// The exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1
	exitInterrupted = 130 // 128 + SIGINT, as a shell has it
)

// run finds out in which role the program was started, and plays it.
func run(e env) int {
	if len(e.args) > 0 {
		switch e.args[0] {
		case master.WorkerArg:
			return status(e, worker.Run(worker.Env{Control: worker.ControlFD, Stdout: e.stdout, Stderr: e.stderr}))
		case master.MonitorArg:
			return status(e, monitor.Run(monitor.Env{Control: monitor.ControlFD, Stderr: e.stderr}))
		}
	}
	o, err := parseFlags(e)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitFailed // the flag package has said why
	case o.version:
		fmt.Fprintln(e.stdout, "lbmaster", version())
		return exitOK
	case isInit(e) && !o.check:
		return stay(e)
	}
	return status(e, o.run(e))
}

// status is the exit status for an outcome, which it reports.
func status(e env, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, master.ErrInterrupted):
		return exitInterrupted
	case err == errTold:
		return exitFailed
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(e.stderr, "lbmaster:", strings.TrimSuffix(line, "\n"))
	}
	return exitFailed
}

// run checks the configuration, and runs the instance unless only the check was asked for.
func (o *options) run(e env) error {
	daemon := isDaemon(&e)
	config, err := o.load(e, !daemon)
	switch {
	case err != nil:
		return err
	case o.check:
		o.tell(e, config)
		return nil
	case config.Global.Daemon && !daemon && !master.Successor(e.environ):
		return daemonize(e)
	}
	return master.Run(o.instance(e, config.Global.Quiet, daemon), config)
}

// tell says that the configuration is valid, and what stands in the way of a start now. That is no fault of the configuration, and
// mostly no matter: who checks one beside a running instance is about to reload that, not to start a second one.
func (o *options) tell(e env, config *conf.Config) {
	if o.quiet {
		return
	}
	for _, used := range master.InUse(config, o.replace()) {
		fmt.Fprintln(e.stderr, "lbmaster: warning: another instance could not start now:", used)
	}
	fmt.Fprintln(e.stdout, "Configuration file is valid:", o.file)
	if o.verbose {
		for _, line := range master.Needs(config) {
			fmt.Fprintln(e.stdout, "Needed at most:", line)
		}
	}
}

// load reads the configuration and all that it names. It warns, unless somebody has already.
func (o *options) load(e env, warn bool) (*conf.Config, error) {
	text, err := e.read(o.file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	config, warnings, err := conf.Parse(o.file, text)
	if err == nil {
		o.apply(&config.Global)
		warn = warn && (o.check || !config.Global.Quiet)
	}
	for _, w := range warnings {
		if warn {
			fmt.Fprintln(e.stderr, "lbmaster: warning:", w)
		}
	}
	if err == nil {
		err = config.Load(o.file, e.read)
	}
	return config, err
}

// instance is the world for the master.
func (o *options) instance(e env, quiet, daemon bool) master.Env {
	world := master.Env{Stdout: e.stdout, Stderr: e.stderr, Environ: e.environ, Version: version(), Log: o.logger(e, quiet)}
	if daemon {
		world.Up = up
	}
	if !master.Successor(e.environ) {
		world.Replace = o.replace()
	}
	return world
}

// logger is where the master says what it does.
func (o *options) logger(e env, quiet bool) *slog.Logger {
	level := slog.LevelInfo
	switch {
	case quiet:
		level = slog.LevelError
	case o.verbose || o.debug:
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: level}))
}

// release is the name of a release. The linker sets it: -ldflags "-X main.release=1.2".
var release string

// version is what the build says of itself.
func version() string {
	if release != "" {
		return release + " " + runtime.Version()
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version + " " + info.GoVersion
}
