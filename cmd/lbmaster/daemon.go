//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A daemon is the same command once more, in a session of its own. The process in the foreground lives until that one is
// up, and passes on what it says meanwhile.
//
// Both things come through one pipe. It is the daemon's standard error, and its processes', unless that is a file, which
// they keep; and it is the daemon's descriptor upFD, on which upMark says that it is up. When the foreground has gone,
// what they write to the pipe is lost.

const (
	upVariable = "LBMASTER_UP=3" // tells the daemon what it is
	upFD       = 3
	upMark     = 0 // no text has such a byte

	daemonTime = 60 * time.Second // for the daemon to be up
	leaveTime  = 5 * time.Second  // for one that was not, to end when it is told to
)

// errTold is the outcome of a daemon that did not come up, and has said why.
var errTold = errors.New("")

// daemonize starts the daemon and returns when it is up, or could not come up.
func daemonize(e env) error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("cannot make a pipe: %w", err)
	}
	defer r.Close()
	daemon, err := startDaemon(e, w)
	_ = w.Close() // the daemon has its own
	if err != nil {
		return err
	}
	if err := r.SetReadDeadline(time.Now().Add(daemonTime)); err != nil {
		return err
	}
	switch err := relay(e.stderr, r); {
	case err == nil:
		return daemon.Release()
	case errors.Is(err, os.ErrDeadlineExceeded):
		end(daemon)
		return fmt.Errorf("the process in the background was not up within %v", daemonTime)
	case err != io.EOF:
		end(daemon)
		return err
	}
	return reason(daemon)
}

// startDaemon starts the program that runs now, in a session of its own, with the pipe's end w.
func startDaemon(e env, w *os.File) (*os.Process, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	daemon, err := os.StartProcess("/proc/self/exe", append([]string{e.program}, e.args...), &os.ProcAttr{
		Env:   append(e.environ, upVariable),
		Files: []*os.File{null, fileOr(os.Stdout, null), fileOr(os.Stderr, w), upFD: w},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot start a process in the background: %w", err)
	}
	return daemon, nil
}

// fileOr is f if that is a regular file, which somebody has redirected the output to for good.
func fileOr(f, otherwise *os.File) *os.File {
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		return f
	}
	return otherwise
}

// relay copies what comes until upMark.
func relay(to io.Writer, from io.Reader) error {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		text, _, up := bytes.Cut(b[:n], []byte{upMark})
		if _, err := to.Write(text); err != nil {
			return fmt.Errorf("cannot write: %w", err)
		}
		switch {
		case up:
			return nil
		case err != nil:
			return err
		}
	}
}

// reason is why a daemon ended that was not up.
func reason(daemon *os.Process) error {
	state, err := daemon.Wait()
	switch {
	case err != nil:
		return err
	case state.ExitCode() > 0:
		return errTold
	}
	return fmt.Errorf("the process in the background ended before it was up: %v", state)
}

// end ends a daemon that is of no use.
func end(daemon *os.Process) {
	kill := time.AfterFunc(leaveTime, func() { _ = daemon.Kill() })
	defer kill.Stop()
	_ = daemon.Signal(syscall.SIGTERM) // it fails only when the daemon has ended already
	_, _ = daemon.Wait()
}

// isDaemon says that this process is the one in the background. It forgets it, so that no process that it starts takes
// itself for one.
func isDaemon(e *env) bool {
	for i, v := range e.environ {
		if v == upVariable {
			e.environ = append(e.environ[:i:i], e.environ[i+1:]...)
			syscall.CloseOnExec(upFD)
			name, _, _ := strings.Cut(upVariable, "=")
			return os.Unsetenv(name) == nil
		}
	}
	return false
}

// pollable says that a descriptor is ready for what is wanted of it, now.
func pollable(fd []unix.PollFd) bool {
	n, err := unix.Poll(fd, 0)
	return n > 0 || err != nil
}

// up tells the process in the foreground that the daemon is up. An error means that nobody waits for it any more. While that process
// cannot go on, because nobody reads what it says, it is not told, and waits.
func up() error {
	f := os.NewFile(upFD, "up")
	if room := []unix.PollFd{{Fd: upFD, Events: unix.POLLOUT}}; !pollable(room) {
		return f.Close()
	}
	_, err := f.Write([]byte{upMark})
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("whoever has started this daemon has gone: %w", err)
	}
	return nil
}
