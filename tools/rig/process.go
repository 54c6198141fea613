//go:build linux

package rig

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Patience bounds every wait for something that normally takes milliseconds. It is generous, because machines
// that run tests are slow at times; nothing waits that long unless it is broken.
const Patience = 20 * time.Second

// Process is a program that was started and may have ended.
type Process struct {
	Name   string // for messages
	Pid    int
	Stdout *Output
	Stderr *Output

	cmd     *exec.Cmd
	reading sync.WaitGroup // until nobody holds the other ends of the pipes of Stdout and Stderr
	done    chan struct{}  // closed when the process has been reaped
}

// Start runs argv in a process group of its own, so that a signal typed at a terminal reaches it through us only.
// It is killed when the calling process dies. A name is used in messages. Environment entries are added to ours.
func Start(name string, argv []string, env ...string) (*Process, error) {
	return StartIn("", name, argv, env...)
}

// StartIn is Start in another working directory; "" is ours.
func StartIn(dir, name string, argv []string, env ...string) (*Process, error) {
	p := newProcess(name, argv, env)
	p.cmd.Dir = dir
	return p.start()
}

// StartWith is Start with open files, which the process finds as descriptors 3 and up.
func StartWith(files []*os.File, name string, argv []string, env ...string) (*Process, error) {
	p := newProcess(name, argv, env)
	p.cmd.ExtraFiles = files
	return p.start()
}

func newProcess(name string, argv, env []string) *Process {
	p := &Process{Name: name, Stdout: new(Output), Stderr: new(Output), done: make(chan struct{})}
	p.cmd = exec.Command(argv[0], argv[1:]...)
	p.cmd.Env = append(os.Environ(), env...)
	return p
}

func (p *Process) start() (*Process, error) {
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err1 := p.collect(p.Stdout)
	errs, err2 := p.collect(p.Stderr)
	defer out.Close()
	defer errs.Close()
	p.cmd.Stdout, p.cmd.Stderr = out, errs
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", p.Name, err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", p.Name, err)
	}
	p.Pid = p.cmd.Process.Pid
	go p.reap()
	return p, nil
}

// collect returns the writing end of a pipe that is read to its end: whoever outlives the process and goes on writing, like
// the next generation of a daemon, is heard too. (os/exec closes its own pipes when it has waited for the process.)
func (p *Process) collect(into *Output) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.reading.Go(func() {
		defer r.Close()
		_, _ = io.Copy(into, r)
	})
	return w, nil
}

// reap waits for the end of the process, and for its last words, but not for those of others that hold its pipes.
func (p *Process) reap() {
	// The exit status is read from ProcessState; the error repeats it.
	_ = p.cmd.Wait()
	read := make(chan struct{})
	go func() {
		p.reading.Wait()
		close(read)
	}()
	select {
	case <-read:
	case <-time.After(time.Second):
	}
	close(p.done)
}

// Exited tells whether the process has ended and been reaped.
func (p *Process) Exited() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Signal sends sig. A process that has ended already is not an error.
func (p *Process) Signal(sig syscall.Signal) error {
	if p.Exited() {
		return nil
	}
	err := p.cmd.Process.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Wait returns the exit status, as a shell shows it: 128 plus the signal for a process that a signal ended.
// It is an error when the process has not ended within the limit.
func (p *Process) Wait(limit time.Duration) (int, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		return 0, fmt.Errorf("%s (pid %d) did not end within %v", p.Name, p.Pid, limit)
	}
	ws, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && ws.Signaled() {
		return 128 + int(ws.Signal()), nil
	}
	return p.cmd.ProcessState.ExitCode(), nil
}

// Stop ends the process with sig and waits for it; after the limit it is killed, which is an error.
func (p *Process) Stop(sig syscall.Signal, limit time.Duration) (int, error) {
	if err := p.Signal(sig); err != nil {
		return 0, err
	}
	code, err := p.Wait(limit)
	if err != nil {
		_ = p.Signal(syscall.SIGKILL)
		_, _ = p.Wait(limit)
	}
	return code, err
}

// Ready waits until ok returns true. It gives up early, with what the process said, when the process ends.
func (p *Process) Ready(limit time.Duration, ok func() bool) error {
	ready := false
	Until(limit, func() bool {
		ready = ok()
		return ready || p.Exited()
	})
	switch {
	case ready:
		return nil
	case p.Exited():
		return fmt.Errorf("%s ended instead of becoming ready:\n%s", p.Name, p.Said())
	}
	return fmt.Errorf("%s was not ready within %v:\n%s", p.Name, limit, p.Said())
}

// Said returns what the process wrote to standard output and standard error.
func (p *Process) Said() string {
	return strings.TrimSpace(p.Stdout.String() + p.Stderr.String())
}
