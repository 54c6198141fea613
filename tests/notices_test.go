//go:build linux

package tests

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lbmaster/shared/counter"
	"lbmaster/shared/stats"
	"lbmaster/tools/rig"
)

// notice waits for a line that the master, or somebody else of the instance, has logged about itself.
func (s *sink) notice(severity int, begin string) logLine {
	s.t.Helper()
	var others []string
	limit := time.After(fatal)
	for {
		select {
		case l := <-s.lines:
			if strings.HasPrefix(l.text, begin) {
				if l.severity() != severity {
					s.t.Errorf("%q has severity %d, want %d", l.text, l.severity(), severity)
				}
				return l
			}
			others = append(others, l.text)
		case <-limit:
			s.t.Fatalf("%q is not logged but %q", begin, others)
		}
	}
}

// The severities of RFC 3164 section 4.1.1 that the master uses.
const errLevel, warningLevel, noticeLevel = 3, 4, 5

// A daemon has no standard error: what its master says goes to the log targets of the instance.
func TestDaemonSaysItInTheLog(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	log := newSink(t, s.place)
	s.global = fmt.Sprintf("log = [%q]", log.addr+" local0 notice")
	d := newBarracks(t, s.place)
	d.write("conf.toml", s.text())
	d.lbmaster("-D", "-q", "-p", "pid", "-c", "conf.toml") // -q is about standard error
	pid := d.pid("pid")
	log.notice(noticeLevel, "listening: address="+s.place.front()+" section=listen.web")
	if l := log.notice(noticeLevel, fmt.Sprintf("ready: pid=%d workers=2", pid)); l.pid != pid {
		t.Errorf("process %d is ready, says %d", pid, l.pid)
	}
	worker := rig.Children(pid)[0]
	if err := rig.Kill(worker, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if l := log.notice(errLevel, "worker died: "); !strings.HasSuffix(l.text, fmt.Sprintf(" pid=%d how=\"signal: killed\"", worker)) {
		t.Errorf("logged %q", l.text)
	}
	log.notice(noticeLevel, "worker is back: ")
	d.write("conf.toml", "nonsense\nnonsense\n")
	d.kill(pid, syscall.SIGUSR2)
	log.notice(noticeLevel, "beginning the next generation: generation=2")
	if l := log.notice(errLevel, "the next generation did not come up: this one goes on: generation=1 reason="); !strings.Contains(l.text, "conf.toml:1: ") {
		t.Errorf("logged %q", l.text)
	}
	d.write("conf.toml", s.text())
	d.kill(pid, syscall.SIGTTOU)
	log.notice(noticeLevel, "paused: ")
	d.kill(pid, syscall.SIGUSR2)
	log.notice(warningLevel, "no next generation while the ports are released: ")
	d.kill(pid, syscall.SIGTTIN)
	log.notice(noticeLevel, "resumed")
	d.kill(pid, syscall.SIGUSR2)
	l := log.notice(noticeLevel, "the next generation has taken over: generation=2 pid=")
	next, err := strconv.Atoi(l.text[strings.LastIndexByte(l.text, '=')+1:])
	if err != nil {
		t.Fatalf("logged %q", l.text)
	}
	d.kill(next, syscall.SIGTERM)
	if l := log.notice(noticeLevel, "stopping: "); l.pid != next {
		t.Errorf("process %d stops, says %d", next, l.pid)
	}
	d.gone(pid)
	d.gone(next)
}

// With a standard error the same is said on both. A log that is full holds nobody up: its lines are dropped, and counted.
func TestMasterDoesNotWaitForTheLog(t *testing.T) {
	t.Parallel()
	const rounds = 300 // three lines each: no queue of datagrams holds so many
	s, _ := newSite(t, 1)
	path := filepath.Join(t.TempDir(), "log")
	full := unreadLog(t, path)
	s.global = fmt.Sprintf("log = [\"unix:%s local0\"]", path)
	b := s.run(t)
	for i := range rounds {
		b.signal(syscall.SIGTTOU)
		if !soon(func() bool { return strings.Count(b.Stderr.String(), "paused: ") > i }) {
			t.Fatalf("no pause %d", i)
		}
		b.signal(syscall.SIGTTIN)
		if !soon(func() bool { return strings.Count(b.Stderr.String(), "msg=resumed") > i }) {
			t.Fatalf("no end of pause %d", i)
		}
	}
	said := strings.Count(b.Stderr.String(), "\n")
	counters := b.counters()
	var kept int
	var dropped int64
	counted := func() bool {
		kept += drain(t, full)
		dropped = b.counted(counters, stats.Row{Kind: stats.Worker}, counter.LogsDropped)
		return kept > 0 && dropped > 0 && kept+int(dropped) == said
	}
	if !soon(counted) {
		t.Errorf("%d lines were kept and %d counted as dropped, of %d", kept, dropped, said)
	}
}
