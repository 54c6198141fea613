//go:build linux

package tests

import (
	"errors"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/tools/rig"
)

// limits are the soft and the hard limit of open files of a process.
func limits(t *testing.T, pid int) (soft, hard uint64) {
	t.Helper()
	var l unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &l); err != nil {
		t.Fatal(err)
	}
	return l.Cur, l.Max
}

// Workers may open as many files as maxconn needs, whatever soft limit the master was started with, or as the
// configuration says; and when that is not possible, the master says so.
func TestLimitsOfOpenFiles(t *testing.T) {
	t.Parallel()
	_, hard := limits(t, 0)
	for _, tt := range []struct{ name, shell, global string }{
		{"soft limit", "ulimit -Sn 64", "maxconn = 2000"},
		{"hard limit", "ulimit -n 300", "maxconn = 2000"},
		{"of its own", "true", "ulimit_n = 90"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t, 1)
			s.global = tt.global
			b := launchBy(t, s.place, s.text(), func(argv []string, env ...string) (*rig.Process, error) {
				return rig.Start("lbmaster", append([]string{"/bin/sh", "-c", tt.shell + `; exec "$0" "$@"`}, argv...), env...)
			})
			b.awaitReady()
			soft, _ := limits(t, b.workers()[0])
			warned := b.Stderr.Has("the limit of open files is too low for global.maxconn")
			switch {
			case tt.name == "of its own" && (soft != 90 || warned):
				t.Errorf("the limit is %d, want 90; warned %v", soft, warned)
			case tt.name == "soft limit" && (soft < hard-1 || warned != (hard < 4000)): // Go raises it to one below the hard limit
				t.Errorf("the limit is %d, want %d; warned %v", soft, hard-1, warned)
			case tt.name == "hard limit" && (soft < 4000) != warned: // root can often raise it
				t.Errorf("the limit is %d; warned %v", soft, warned)
			}
			dial(t, s.place.front()).get("/", 200)
		})
	}
}

// A listening socket that the program was started with is served by all workers.
func TestInheritedSocket(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers, s.bind = 2, "fd@3"
	l, err := net.Listen("tcp", s.place.front())
	if err != nil {
		t.Fatal(err)
	}
	file, err := l.(*net.TCPListener).File()
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	b := launchBy(t, s.place, s.text(), func(argv []string, env ...string) (*rig.Process, error) {
		return rig.StartWith([]*os.File{file}, "lbmaster", argv, env...)
	})
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	b.awaitReady()
	b.killWorker(b.workers()[0])
	for range 20 {
		dial(t, s.place.front()).get("/", 200)
	}
}
