package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

// env is what the command needs of the world.
type env struct {
	args   []string // without the name of the program
	getenv func(string) string
	stdout io.Writer
	stderr io.Writer
	stop   func() <-chan os.Signal // ends what goes on by itself; everything else ends by the signal
	tick   <-chan time.Time        // when what is shown is to be shown anew
}

// system is the world as it is.
func system() env {
	stop := func() <-chan os.Signal {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt)
		return c
	}
	return env{os.Args[1:], os.Getenv, os.Stdout, os.Stderr, stop, time.NewTicker(time.Second).C}
}

// The exit statuses.
const (
	exitOK      = 0
	exitRefused = 1 // lbmaster has said no
	exitUsage   = 2
	exitNobody  = 3 // lbmaster does not answer
	exitDown    = 4 // status: a backend has no server left
)

// socketVariable and defaultSocket say where the socket is when -s does not.
const (
	socketVariable = "LBMASTER_SOCKET"
	defaultSocket  = "/run/lbmaster.sock"
)

const usage = `lbctl shows and changes what a running lbmaster does.

    lbctl [-s SOCKET] [-json] COMMAND

    status                         proxies and servers
    workers, generations, info     processes, configurations, the instance
    top                            status, every second, until Ctrl-C
    server ready BACKEND/SERVER    take part again
    server drain BACKEND/SERVER    serve only clients that the server knows
    server maint BACKEND/SERVER    serve nobody
    server health BACKEND/SERVER up|stopping|down  as if checks had said so, until they say otherwise
    server weight BACKEND/SERVER N        share of new clients, 0 to 256, or in percent of the configured one
    server addr BACKEND/SERVER IP[:PORT]  reach the server elsewhere
    raw WORD...                    a command of the admin socket itself; "raw help" lists them

Without -s, the socket is that in the environment's LBMASTER_SOCKET, or ` + defaultSocket + `.
Exit status: 0 done; 1 refused; 2 wrong usage; 3 lbmaster does not answer; 4 status: a backend has no server left.
`

// options are the flags.
type options struct {
	socket string
	json   bool
}

// statusError is an error that decides the exit status.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

func misuse(format string, args ...any) error {
	return &statusError{exitUsage, fmt.Sprintf(format, args...) + " (lbctl -h says how)"}
}

// run carries out a command line, and returns the exit status.
func run(e env) int {
	o, words, err := parse(e)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(e.stdout, usage)
		return exitOK
	}
	if err == nil {
		err = o.do(e, words)
	}
	if err == nil {
		return exitOK
	}
	if err.Error() != "" {
		fmt.Fprintln(e.stderr, "lbctl:", strings.Map(visible, err.Error())) // it repeats the command line
	}
	return exitStatus(err)
}

func exitStatus(err error) int {
	var s *statusError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &s):
		return s.status
	}
	return exitNobody
}

// parse reads the flags, which may stand before and after the words. What follows "raw" is not ours.
func parse(e env) (*options, []string, error) {
	o := &options{}
	f := flag.NewFlagSet("lbctl", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.socket, "s", "", "")
	f.BoolVar(&o.json, "json", false, "")
	var words []string
	rest := e.args
	for {
		if err := f.Parse(rest); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, nil, err
			}
			return nil, nil, misuse("%v", err)
		}
		if rest = f.Args(); len(rest) == 0 {
			break
		}
		if rest[0] == "raw" && len(words) == 0 {
			words = rest
			break
		}
		words, rest = append(words, rest[0]), rest[1:]
	}
	for _, s := range []string{e.getenv(socketVariable), defaultSocket} {
		if o.socket == "" {
			o.socket = s
		}
	}
	return o, words, nil
}

// do carries out one command.
func (o *options) do(e env, words []string) error {
	if len(words) == 0 {
		return misuse("what is to be done?")
	}
	if words[0] == "server" {
		return o.warn(e, o.server(e, words[1:]))
	}
	if words[0] == "raw" {
		if len(words) == 1 {
			return misuse("raw: which command?")
		}
		answer, err := o.ask(strings.Join(words[1:], " "))
		fmt.Fprint(e.stdout, answer)
		return err
	}
	show, ok := shows[words[0]]
	if !ok || len(words) > 1 {
		return misuse("%q is no command", strings.Join(words, " "))
	}
	if words[0] == "top" { // which has the screen for itself
		return show(o, e)
	}
	return o.warn(e, show(o, e))
}

// shows are the commands that only look.
var shows = map[string]func(*options, env) error{
	"status": (*options).status,
	"top":    (*options).top,
	"workers": func(o *options, e env) error {
		return o.list(e, "show workers", map[string]func(string) string{"since": ago, "memory": bytes})
	},
	"generations": func(o *options, e env) error {
		return o.list(e, "show generations", map[string]func(string) string{"age": ago})
	},
	"info": (*options).info,
}
