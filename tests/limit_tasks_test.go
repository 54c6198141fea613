//go:build linux

package tests

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"lbmaster/tools/rig"
)

// crew is an lbmaster whose tasks are counted and limited.
type crew struct {
	*balancer
	group group
}

func (s site) runCounted(t *testing.T) crew {
	t.Helper()
	group := newGroup(t, "pids")
	c := crew{s.run(t), group}
	if !soon(func() bool { return strings.Count(tell(t, s.socket, "show workers"), " active ") == s.workers }) {
		t.Fatal("the monitor does not answer")
	}
	group.take(c.processes()...)
	return c
}

// tasks is the number of processes and threads.
func (c crew) tasks() int { return c.group.number("pids.current") }

// limit allows all processes that many tasks together.
func (c crew) limit(n int) { c.group.set("pids.max", strconv.Itoa(n)) }

func (c crew) noLimit() { c.group.set("pids.max", "max") }

// upgradeFails asks for a next generation, which cannot come up.
func (c crew) upgradeFails() {
	c.t.Helper()
	c.Stderr.Forget()
	c.signal(syscall.SIGUSR2)
	c.says("the next generation did not come up: this one goes on")
}

// At the limit of tasks nothing is lost but what needs more of them: no upgrade comes up, whatever step of it finds no room, and
// each is rolled back; everything else goes on.
func TestUpgradesAtTheLimitOfTasks(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	s.withAdmin(t)
	c := s.runCounted(t)
	before, tasks := c.workers(), c.tasks()
	h := startHammer(t, s.place.front(), 4, "/")
	h.progress(t, 100)
	for _, more := range []int{0, 0, 1, 2, 5, 10, 20} {
		c.limit(tasks + more)
		c.upgradeFails()
		if n := strings.Count(tell(t, s.socket, "show workers"), " active "); n != 2 {
			t.Errorf("%d workers are active", n)
		}
		h.progress(t, 100)
	}
	c.sameWorkers(before)
	if failed := h.failed(); len(failed) > 0 {
		t.Errorf("%d requests failed: %+v", len(failed), failed[0])
	}
	h.end()
	c.noLimit()
	c.Stderr.Forget()
	c.signal(syscall.SIGUSR2)
	c.says("msg=ready")
	c.exits(settle, 0)
	c.stopNext()
}

// stopNext stops the master that has followed the one which the test has started.
func (b *balancer) stopNext() {
	b.t.Helper()
	for _, pid := range b.processes() {
		if strings.Contains(rig.Cmdline(pid), "-c") {
			_ = rig.Kill(pid, syscall.SIGTERM)
		}
	}
}

// A worker that dies at the limit cannot be replaced. Its sibling serves, the master and the monitor obey, and the worker comes back
// when there is room.
func TestWorkerDiesAtTheLimitOfTasks(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	s.withAdmin(t)
	s.tail += "pprof = true\n"
	c := s.runCounted(t)
	victim := c.workers()[0]
	c.limit(c.tasks() / 2)
	c.killWorker(victim)
	c.says("the kernel allows no further task")
	for range 20 {
		dial(t, s.place.front()).get("/", 200)
	}
	for range 100 { // more than it would serve at the same time
		tell(t, s.socket, "show info")
	}
	scrape(t, s.metrics())
	if status, text := s.fetchProfile(t, "heap"); status != 200 {
		t.Errorf("a profile: %d, %s", status, text)
	}
	c.signal(syscall.SIGTTOU)
	if !soon(func() bool { return !accepts(s.place.front()) }) {
		t.Error("TTOU has no effect")
	}
	c.signal(syscall.SIGTTIN)
	if !soon(func() bool { return accepts(s.place.front()) }) {
		t.Error("TTIN has no effect")
	}
	c.noLimit()
	c.says("worker is back")
}

// What -t -V says is needed is not less than what is used.
func TestNeededTasks(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 3
	s.withAdmin(t)
	b := s.runCounted(t)
	check, err := rig.Start("lbmaster", []string{b.exe, "-t", "-V", "-c", filepath.Join(filepath.Dir(b.exe), "conf.toml")})
	if err != nil {
		t.Fatal(err)
	}
	if code, err := check.Wait(settle); code != 0 || err != nil {
		t.Fatalf("-t: %d, %v: %s", code, err, check.Said())
	}
	said := regexp.MustCompile(`tasks \(.*\): (\d+), during an upgrade (\d+),`).FindStringSubmatch(check.Stdout.String())
	if said == nil {
		t.Fatalf("it says %s", check.Stdout.String())
	}
	needed, _ := strconv.Atoi(said[1])
	h := startHammer(t, s.place.front(), 16, "/")
	h.progress(t, 500)
	h.end()
	if used := b.tasks(); used > needed || used < needed/2 {
		t.Errorf("%d tasks, %d are said to be needed", used, needed)
	}
}
