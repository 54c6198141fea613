package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"lbmaster/tools/origin/server"
)

// options is the command line.
type options struct {
	name         string
	listen, echo []string
	watch        []string
	untilEOF     bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("origin", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.name, "name", "origin", "what the server calls itself")
	f.Func("listen", "serve HTTP on `ADDRESS,...`: ip:port or unix:/path; repeatable", several(&o.listen))
	f.Func("echo", "send back all bytes on `ADDRESS,...`; repeatable", several(&o.echo))
	f.Func("watch", "count the requests whose head contains `TEXT`; repeatable", func(s string) error {
		o.watch = append(o.watch, s)
		return nil
	})
	f.BoolVar(&o.untilEOF, "until-eof", false, "exit when standard input ends")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if len(o.listen)+len(o.echo) == 0 {
		return o, errors.New("nothing to do: -listen or -echo is needed")
	}
	return o, nil
}

func several(list *[]string) func(string) error {
	return func(s string) error {
		*list = append(*list, strings.Split(s, ",")...)
		return nil
	}
}

// run serves until ctx is done, a listener fails, or standard input ends if that was asked for.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	s := server.New(o.name)
	defer s.Close()
	for _, text := range o.watch {
		s.Watch(text)
	}
	ended, err := o.serve(s, stdout)
	if err != nil {
		return err
	}
	if o.untilEOF {
		go func() {
			io.Copy(io.Discard, stdin)
			ended <- nil
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return err
	}
}

// serve opens all listeners, serves them, and says so. The channel gets what ends the serving, and never blocks the sender.
func (o *options) serve(s *server.Server, stdout io.Writer) (ended chan error, err error) {
	listeners, err := o.open()
	if err != nil {
		return nil, err
	}
	ended = make(chan error, len(listeners)+1)
	for i, l := range listeners {
		serve := s.Serve
		if i >= len(o.listen) {
			serve = s.ServeEcho
		}
		go func() { ended <- serve(l) }()
		fmt.Fprintf(stdout, "origin %s listening on %s\n", o.name, o.addresses()[i])
	}
	return ended, nil
}

func (o *options) addresses() []string { return slices.Concat(o.listen, o.echo) }

// open opens all listeners, or none: those of -listen, then those of -echo.
func (o *options) open() ([]net.Listener, error) {
	var all []net.Listener
	for _, address := range o.addresses() {
		network := "tcp"
		if path, ok := strings.CutPrefix(address, "unix:"); ok {
			network, address = "unix", path
		}
		l, err := net.Listen(network, address)
		if err != nil {
			for _, l := range all {
				l.Close()
			}
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}
