//go:build linux

package tests

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"lbmaster/tools/origin/server"
	"lbmaster/tools/rig"
)

// script is what one running script has started.
type script struct {
	place  place
	exe    string       // the script's own link to the binary
	master *rig.Process // nil: not started, or its end has been seen
}

// on makes a script command of a method. None of them can be negated.
func on(f func(*script, *testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("! is not possible here")
		}
		f(ts.Value(script{}).(*script), ts, args)
	}
}

func need(ts *testscript.TestScript, args []string, n int) {
	if len(args) != n {
		ts.Fatalf("%d arguments needed, got %q", n, args)
	}
}

func (s *script) start(ts *testscript.TestScript, args []string) {
	if s.master != nil {
		ts.Fatalf("lbmaster runs already")
	}
	p, err := rig.StartIn(ts.MkAbs("."), "lbmaster", append([]string{s.exe}, args...))
	ts.Check(err)
	s.master = p
	ts.Defer(func() {
		if _, err := p.Stop(syscall.SIGTERM, settle); err != nil {
			ts.Logf("%v", err)
		}
	})
}

func (s *script) running(ts *testscript.TestScript) *rig.Process {
	if s.master == nil {
		ts.Fatalf("lbmaster does not run")
	}
	return s.master
}

func (s *script) serving(ts *testscript.TestScript, args []string) {
	need(ts, args, 1)
	ts.Check(s.running(ts).Ready(fatal, func() bool { return rig.Connectable(args[0]) }))
}

func (s *script) signal(ts *testscript.TestScript, args []string) {
	need(ts, args, 1)
	sig, ok := map[string]syscall.Signal{
		"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "USR1": syscall.SIGUSR1, "KILL": syscall.SIGKILL,
	}[args[0]]
	if !ok {
		ts.Fatalf("unknown signal %s", args[0])
	}
	ts.Check(s.running(ts).Signal(sig))
}

func (s *script) exits(ts *testscript.TestScript, args []string) {
	need(ts, args, 1)
	p := s.running(ts)
	code, err := p.Wait(settle)
	ts.Check(err)
	s.master = nil
	write(ts, ts.Stdout(), p.Stdout.String())
	write(ts, ts.Stderr(), p.Stderr.String())
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit status %d, want %s", code, args[0])
	}
}

func write(ts *testscript.TestScript, w io.Writer, text string) {
	_, err := io.WriteString(w, text)
	ts.Check(err)
}

func (s *script) says(ts *testscript.TestScript, args []string) {
	need(ts, args, 1)
	p := s.running(ts)
	ts.Check(p.Ready(settle, func() bool { return p.Stderr.Has(args[0]) || p.Stdout.Has(args[0]) }))
}

func (s *script) origin(ts *testscript.TestScript, args []string) {
	need(ts, args, 2)
	l, err := net.Listen("tcp", args[1])
	ts.Check(err)
	o := server.New(args[0])
	go func() { _ = o.Serve(l) }()
	ts.Defer(o.Close)
}

func (s *script) occupy(ts *testscript.TestScript, args []string) {
	need(ts, args, 1)
	l, err := net.Listen("tcp", args[0])
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
}

func (s *script) listens(ts *testscript.TestScript, args []string) {
	need(ts, args, 1)
	if !rig.Connectable(args[0]) {
		ts.Fatalf("nobody listens on %s", args[0])
	}
}

func (s *script) http(ts *testscript.TestScript, args []string) {
	need(ts, args, 3)
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: settle}
	a, err := tryFetch(c, "http://"+args[1]+args[2])
	ts.Check(err)
	write(ts, ts.Stdout(), a.body)
	if strconv.Itoa(a.StatusCode) != args[0] {
		ts.Fatalf("status %d, want %s", a.StatusCode, args[0])
	}
}

func (s *script) raw(ts *testscript.TestScript, args []string) {
	need(ts, args, 2)
	c, err := net.DialTimeout("tcp", args[0], settle)
	ts.Check(err)
	defer c.Close()
	ts.Check(c.SetDeadline(time.Now().Add(settle)))
	_, err = io.WriteString(c, strings.ReplaceAll(ts.ReadFile(args[1]), "\n", "\r\n"))
	ts.Check(err)
	came, err := io.ReadAll(c)
	ts.Check(err)
	write(ts, ts.Stdout(), string(came))
}
