//go:build linux

package tests

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// As the first process of a container lbmaster stays, passes signals on, and can be upgraded like anywhere else.
func TestFirstProcess(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a namespace of processes")
	}
	unshare := program(t, "unshare")
	s, _ := newSite(t, 1)
	s.workers = 2
	b := launchBy(t, s.place, s.text(), func(argv []string, env ...string) (*rig.Process, error) {
		return rig.Start("lbmaster", append([]string{unshare, "--pid", "--fork", "--mount-proc", "--kill-child"}, argv...), env...)
	})
	b.awaitReady()
	first := firstOf(t, b)
	c := startCrowd(t, s.place.front(), 4, 20*time.Millisecond, 200*time.Millisecond)
	for _, taken := range []string{"generation=2", "generation=3"} {
		if err := rig.Kill(first, syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		if !soon(func() bool { return b.Stderr.Has("has taken over\" " + taken) }) {
			t.Fatalf("no upgrade:\n%s", b.Said())
		}
		c.progress(50)
	}
	c.end()
	c.check(t)
	if !soon(func() bool { return len(b.processes()) == 4 }) { // it, the master and two workers
		t.Errorf("processes %v", b.processes())
	}
	if err := rig.Kill(first, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	b.exits(settle, 0)
}

// firstOf is the process that is the first one in its namespace.
func firstOf(t *testing.T, b *balancer) int {
	t.Helper()
	for _, pid := range b.processes() {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "NSpid:") && strings.HasSuffix(line, "\t1\n") {
				return pid
			}
		}
	}
	t.Fatal("there is no first process")
	return 0
}
