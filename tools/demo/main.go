//go:build linux

// Command demo shows the main job on one machine: it starts four small web servers, starts lbmaster in front of them
// with the configuration in demo.toml, says what to try, and ends everything on Ctrl-C.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"lbmaster/tools/origin/server"
)

//go:embed demo.toml
var configuration []byte

// entrance is where demo.toml makes lbmaster listen.
const entrance = "127.0.0.1:8080"

// patience is how long lbmaster may take to start or to stop.
const patience = 10 * time.Second

// webs are the servers of demo.toml.
var webs = []struct{ name, addr string }{
	{"webA", "127.0.0.11:8001"},
	{"webB", "127.0.0.12:8002"},
	{"webC", "127.0.0.13:8003"},
	{"webD", "127.0.0.14:8004"},
}

func main() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGUSR1)
	if err := run(os.Args[1:], signals, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(args []string, signals <-chan os.Signal, out, errs io.Writer) error {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(errs)
	program := flags.String("lbmaster", "bin/lbmaster", "the binary to show")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "lbmaster-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	closeAll, err := serve()
	defer closeAll()
	if err != nil {
		return err
	}
	lb, err := start(*program, dir, out, errs)
	if err != nil {
		return err
	}
	return lb.watch(signals, out)
}

// serve starts the servers. What it returns closes those that were started, also after an error.
func serve() (closeAll func(), err error) {
	var running []*server.Server
	closeAll = func() {
		for _, s := range running {
			s.Close()
		}
	}
	for _, w := range webs {
		l, err := net.Listen("tcp", w.addr)
		if err != nil {
			return closeAll, fmt.Errorf("cannot start server %s: %w", w.name, plain(err, w.addr))
		}
		s := server.New(w.name)
		running = append(running, s)
		go func() { _ = s.Serve(l) }()
	}
	return closeAll, nil
}

// plain says what to do about an address that is taken.
func plain(err error, addr string) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("something else listens on %s already; stop it first (ss -ltnp shows it)", addr)
	}
	return err
}

// balancer is the running lbmaster.
type balancer struct {
	cmd  *exec.Cmd
	done chan error // its end, once
}

// start checks that the entrance is free, so that the message is ours, and starts lbmaster.
func start(program, dir string, out, errs io.Writer) (*balancer, error) {
	if l, err := net.Listen("tcp", entrance); err != nil {
		return nil, plain(err, entrance)
	} else if err := l.Close(); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "demo.toml")
	if err := os.WriteFile(file, configuration, 0o644); err != nil {
		return nil, err
	}
	lb := &balancer{cmd: exec.Command(program, "-c", file), done: make(chan error, 1)}
	lb.cmd.Stdout, lb.cmd.Stderr = out, errs
	// A group of its own: Ctrl-C reaches it through us, once. And it shall not survive us.
	lb.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := lb.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start lbmaster: %w", err)
	}
	go func() { lb.done <- lb.cmd.Wait() }()
	return lb, nil
}

// watch waits until lbmaster serves, says so, and then passes signals on until it has ended.
func (lb *balancer) watch(signals <-chan os.Signal, out io.Writer) error {
	ready := make(chan error, 1)
	go func() { ready <- answers() }()
	for {
		select {
		case err := <-ready:
			if err != nil {
				_ = lb.cmd.Process.Kill()
				return errors.Join(err, <-lb.done)
			}
			tell(out, lb.cmd.Process.Pid)
		case sig := <-signals:
			return lb.stop(sig, out)
		case err := <-lb.done:
			if err == nil {
				err = errors.New("exit status 0")
			}
			return fmt.Errorf("lbmaster ended: %w", err)
		}
	}
}

// answers waits for the first connection that lbmaster accepts.
func answers() error {
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := net.Dial("tcp", entrance)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("lbmaster does not accept connections: %w", err)
		}
		<-tick.C
	}
}

func tell(out io.Writer, pid int) {
	fmt.Fprintf(out, "\nlbmaster runs with 2 workers (master process %d)\n  webfarm  http://%s/\n", pid, entrance)
	for _, w := range webs {
		fmt.Fprintf(out, "  %s     http://%s/\n", w.name, w.addr)
	}
	fmt.Fprintf(out, `
Try, in another terminal:
  curl http://%[1]s/hello                       # each time another server answers
  curl -v http://%[1]s/hello                    # and sets the cookie SERVERID
  curl -b SERVERID=B http://%[1]s/headers       # always webB, which does not see the cookie
  kill -9 $(pgrep -n -P %[2]d)                              # a worker dies and is replaced

Ctrl-C ends everything.
`, entrance, pid)
}

// stop passes the signal on and waits. The exit status that a signal is answered with is no error.
func (lb *balancer) stop(sig os.Signal, out io.Writer) error {
	fmt.Fprintf(out, "\nstopping (%v)\n", sig)
	if err := lb.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case err := <-lb.done:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return err
		}
		return nil
	case <-limit.C:
		_ = lb.cmd.Process.Kill()
		return errors.Join(errors.New("lbmaster did not stop; it was killed"), <-lb.done)
	}
}
