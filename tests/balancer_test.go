//go:build linux

package tests

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// balancer is a running lbmaster: the master process, and through it the workers.
type balancer struct {
	*rig.Process
	t       *testing.T
	place   place
	exe     string // the test's own link to the binary: it tells our processes from all others, orphans included
	tmp     string // TMPDIR of the processes
	expects int    // exit status at the end
	stopped bool   // somebody has waited for the exit already
}

// run starts lbmaster on a configuration and returns when it says that every worker serves. The end of the test stops it
// and proves that nothing is left.
func (s site) run(t *testing.T) *balancer {
	t.Helper()
	b := launch(t, s.place, s.text())
	b.awaitReady()
	return b
}

func (b *balancer) awaitReady() {
	b.t.Helper()
	if err := b.Ready(fatal, func() bool { return b.Stderr.Has("msg=ready") }); err != nil {
		b.t.Fatal(err)
	}
}

// launch starts lbmaster on the text of a configuration and does not wait for anything.
func launch(t *testing.T, p place, conf string, flags ...string) *balancer {
	t.Helper()
	return launchWith(t, p, conf, nil, flags...)
}

// launchWith is launch with further environment variables.
func launchWith(t *testing.T, p place, conf string, environ []string, flags ...string) *balancer {
	t.Helper()
	return launchBy(t, p, conf, func(argv []string, env ...string) (*rig.Process, error) {
		return rig.Start("lbmaster", append(argv, flags...), append(environ, env...)...)
	})
}

// launchBy is launch by a function of the test's, which gets the command line.
func launchBy(t *testing.T, p place, conf string, start func(argv []string, env ...string) (*rig.Process, error)) *balancer {
	t.Helper()
	dir := t.TempDir()
	b := &balancer{t: t, place: p, exe: filepath.Join(dir, "lbmaster"), tmp: filepath.Join(dir, "tmp")}
	flag, file := "-c", filepath.Join(dir, "conf.toml")
	if strings.HasPrefix(conf, "global\n") { // HAProxy's language
		flag, file = "-f", filepath.Join(dir, "haproxy.cfg")
	}
	err := errors.Join(link(product(), b.exe), os.Mkdir(b.tmp, 0o777), os.WriteFile(file, []byte(conf), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	b.Process, err = start([]string{b.exe, flag, file}, "TMPDIR="+b.tmp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.finish)
	return b
}

// link makes a hard link, or a copy where that is not possible. Hard links keep their own name in /proc/PID/exe.
func link(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}

// workers returns the process ids of the workers that live now.
func (b *balancer) workers() []int { return b.children("worker") }

// children returns the process ids of the master's children of one kind, as they call themselves.
func (b *balancer) children(kind string) []int {
	return slices.DeleteFunc(rig.Children(b.Pid), func(pid int) bool {
		return !strings.HasPrefix(rig.Cmdline(pid), "lbmaster: "+kind)
	})
}

// processes returns every process of this lbmaster, orphans included.
func (b *balancer) processes() []int { return rig.Running(b.exe) }

// signal sends a signal to the master.
func (b *balancer) signal(sig syscall.Signal) {
	b.t.Helper()
	if err := b.Signal(sig); err != nil {
		b.t.Fatal(err)
	}
}

// exits waits for the end of the master and compares its exit status.
func (b *balancer) exits(limit time.Duration, want int) {
	b.t.Helper()
	b.stopped = true
	got, err := b.Wait(limit)
	if err != nil {
		b.t.Fatalf("%v\n%s", err, b.Said())
	}
	if got != want {
		b.t.Errorf("exit status %d, want %d; it said:\n%s", got, want, b.Said())
	}
}

// finish stops lbmaster, if the test has not, and proves that nothing is left.
func (b *balancer) finish() {
	b.t.Helper()
	if !b.stopped {
		b.signal(syscall.SIGTERM)
		b.exits(settle, b.expects)
	}
	b.leavesNothing()
	for _, pid := range b.processes() {
		b.t.Logf("killing %d: %s", pid, rig.Cmdline(pid))
		_ = rig.Kill(pid, syscall.SIGKILL)
	}
	if b.t.Failed() {
		b.t.Logf("lbmaster said:\n%s", b.Said())
	}
}

func (b *balancer) leavesNothing() {
	b.t.Helper()
	if !rig.Until(settle, func() bool { return len(b.processes()) == 0 }) {
		b.t.Errorf("processes left: %v", b.processes())
	}
	b.place.silent(b.t)
	if files, err := os.ReadDir(b.tmp); err != nil || len(files) > 0 {
		b.t.Errorf("temporary files left: %v, %v", files, err)
	}
	b.noBugs()
}

// noBugs fails the test when the processes wrote something that no user should ever see.
func (b *balancer) noBugs() {
	b.t.Helper()
	said := b.Said()
	for _, bug := range []string{"panic", "internal error", "fatal error", "goroutine ", "DATA RACE", "SIGSEGV"} {
		if strings.Contains(said, bug) {
			b.t.Errorf("lbmaster said %q:\n%s", bug, said)
			return
		}
	}
}

// killWorker kills one worker and returns when it is dead.
func (b *balancer) killWorker(pid int) {
	b.t.Helper()
	if !slices.Contains(b.workers(), pid) {
		b.t.Fatalf("%d is no worker", pid)
	}
	if err := rig.Kill(pid, syscall.SIGKILL); err != nil {
		b.t.Fatal(err)
	}
	if !rig.Until(settle, func() bool { return !rig.Alive(pid) }) {
		b.t.Fatalf("worker %d survived SIGKILL", pid)
	}
}

// sum adds up a number of each worker.
func (b *balancer) sum(read func(pid int) (int64, error)) int64 {
	b.t.Helper()
	var total int64
	for _, pid := range b.workers() {
		n, err := read(pid)
		if err != nil {
			b.t.Fatal(err)
		}
		total += n
	}
	return total
}

// fds counts the descriptors of the workers, but for pipes: a worker keeps those that it has used for the next bytes.
func (b *balancer) fds() int {
	b.t.Helper()
	return int(b.sum(func(pid int) (int64, error) { return int64(rig.CountFDs(pid) - countPipes(pid)), nil }))
}

// pipes counts the ends of pipes that the workers hold, standard error among them.
func (b *balancer) pipes() int {
	b.t.Helper()
	return int(b.sum(func(pid int) (int64, error) { return int64(countPipes(pid)), nil }))
}

func countPipes(pid int) int {
	n := 0
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, link := range links {
		if is, _ := os.Readlink(link); strings.HasPrefix(is, "pipe:") {
			n++
		}
	}
	return n
}

// sameWorkers proves that no worker has died and been replaced meanwhile.
func (b *balancer) sameWorkers(before []int) {
	b.t.Helper()
	if now := b.workers(); !slices.Equal(now, before) {
		b.t.Errorf("workers %v instead of %v", now, before)
	}
}

// soon waits until ok returns true, for as long as anything healthy may take.
func soon(ok func() bool) bool { return rig.Until(settle, ok) }
