//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"lbmaster/master"
	"lbmaster/shared/signals"
)

// In a container lbmaster may be the first process, whose end is the end of all others. But a master that has been
// replaced must leave. So the first process is a small init: it starts the master, passes signals on to the newest one,
// and reaps the processes that it adopts.

// isInit says that this process must stay.
func isInit(e env) bool { return os.Getpid() == 1 && !master.Successor(e.environ) }

// stay starts the program again as the master and lives until no master is left. It returns the exit status.
func stay(e env) int {
	inbox := signals.Watch(unix.SIGCHLD, unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2,
		unix.SIGTTOU, unix.SIGTTIN, unix.SIGQUIT)
	cmd := exec.Command("/proc/self/exe", e.args...)
	cmd.Args[0] = os.Args[0] // by which an upgrade finds the program
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = e.environ, os.Stdin, e.stdout, e.stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(e.stderr, "lbmaster: cannot start the master:", err)
		return exitFailed
	}
	current := cmd.Process.Pid
	for {
		<-inbox.Ready
		arrivals := inbox.Take()
		if code, ended := reap(current); ended { // first, so that nothing is said to a master that has ended
			if current = successor(); current == 0 {
				return code
			}
		}
		for _, a := range arrivals {
			if a.Signal != unix.SIGCHLD {
				_ = unix.Kill(current, a.Signal.(unix.Signal)) // it fails only when the master has ended, which is seen next
			}
		}
	}
}

// reap reaps all that has ended. It says whether the master has, and with which exit status, as a shell has it.
func reap(current int) (code int, ended bool) {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return code, ended
		}
		if pid == current {
			code, ended = status.ExitStatus(), true
			if status.Signaled() {
				code = 128 + int(status.Signal())
			}
		}
	}
}

// successor is the master that has replaced the one which has ended: it was its child, and is ours since. 0: there is none.
func successor() int {
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0
	}
	newest := 0
	for _, line := range lines {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(line)))
		if text, err := os.ReadFile(line); err == nil && isMaster(text) && parent(pid) == 1 {
			newest = max(newest, pid)
		}
	}
	return newest
}

// isMaster says that a command line is that of a master: like ours, and no child's.
func isMaster(line []byte) bool {
	name, _, _ := bytes.Cut(line, []byte{0})
	return string(name) == os.Args[0]
}

// parent is the parent's process id, 0 when the process is gone (proc(5), /proc/PID/status).
func parent(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(text), "\nPPid:\t")
	line, _, _ := strings.Cut(rest, "\n")
	n, _ := strconv.Atoi(line)
	return n
}
