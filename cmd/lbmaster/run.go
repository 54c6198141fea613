//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"

	"lbmaster/conf"
	"lbmaster/master"
	"lbmaster/worker"
	"lbmaster/worker/monitor"
)

// env is what the command needs of the world.
type env struct {
	args    []string // without the name of the program
	environ []string
	stdout  io.Writer
	stderr  io.Writer
	read    func(name string) ([]byte, error)
}

// system is the world as it is.
func system() env {
	return env{os.Args[1:], os.Environ(), os.Stdout, os.Stderr, os.ReadFile}
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
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(e.stderr, "lbmaster:", strings.TrimSuffix(line, "\n"))
	}
	return exitFailed
}

// run checks the configuration, and runs the instance unless only the check was asked for.
func (o *options) run(e env) error {
	text, err := e.read(o.file)
	if err != nil {
		return fmt.Errorf("cannot read the configuration: %w", err)
	}
	config, warnings, err := conf.Parse(o.file, text)
	for _, w := range warnings {
		fmt.Fprintln(e.stderr, "lbmaster: warning:", w)
	}
	if err == nil {
		err = config.Load(o.file, e.read)
	}
	if err != nil {
		return err
	}
	if o.check {
		fmt.Fprintln(e.stdout, "Configuration file is valid:", o.file)
		return nil
	}
	if o.maxconn > 0 {
		config.Global.Maxconn = o.maxconn
	}
	o.warn(e)
	return master.Run(master.Env{Stdout: e.stdout, Stderr: e.stderr, Environ: e.environ, Log: o.logger(e)}, config)
}

// logger is where the master says what it does.
func (o *options) logger(e env) *slog.Logger {
	level := slog.LevelInfo
	if o.verbose || o.debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: level}))
}

// version is what the build says of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version + " " + info.GoVersion
}
