//go:build linux

package tests

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/tools/rig"
)

// cpusOf are the CPUs on which the threads of a process may run; nil when they do not agree.
func cpusOf(t *testing.T, pid int) []int {
	t.Helper()
	var all []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	for i, task := range tasks {
		var set unix.CPUSet
		var tid int
		if _, err := fmt.Sscan(filepath.Base(task), &tid); err != nil {
			t.Fatal(err)
		}
		if unix.SchedGetaffinity(tid, &set) != nil {
			continue // the thread has ended
		}
		var cpus []int
		for cpu := range 1024 {
			if set.IsSet(cpu) {
				cpus = append(cpus, cpu)
			}
		}
		if i > 0 && !slices.Equal(cpus, all) {
			return nil
		}
		all = cpus
	}
	return all
}

// checkAffinity proves that the newest master's workers have the CPUs that are allowed one after the other, and all others all of them.
func (inst *instance) checkAffinity(allowed []int, workers int) {
	inst.t.Helper()
	seen := 0
	for _, pid := range append(rig.Children(inst.master), inst.master) {
		want := allowed
		if number, ok := strings.CutPrefix(rig.Cmdline(pid), "lbmaster: worker "); ok {
			var slot int
			if _, err := fmt.Sscan(number, &slot); err != nil {
				inst.t.Fatal(err)
			}
			seen++
			want = allowed[slot%len(allowed):][:1]
		}
		// A thread that has just started a child may not have ended yet.
		if got := cpusOf(inst.t, pid); !slices.Equal(got, want) && !soon(func() bool { return slices.Equal(cpusOf(inst.t, pid), want) }) {
			inst.t.Errorf("%s has the CPUs %v, want %v", rig.Cmdline(pid), got, want)
		}
	}
	if seen != workers {
		inst.t.Errorf("%d workers, want %d", seen, workers)
	}
}

// With cpu_affinity each worker has a CPU, of those that lbmaster may use: also the next one of its slot, and those of the next
// generation. Everybody else may use all.
func TestCPUAffinity(t *testing.T) {
	t.Parallel()
	allowed := cpusOf(t, unix.Getpid())
	for _, tt := range []struct {
		name    string
		allowed []int
	}{{"all", allowed}, {"one", allowed[len(allowed)-1:]}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t, 1)
			s.workers, s.global = 3, "cpu_affinity = true"
			s.withAdmin(t)
			inst := instanceOf(t, launchBy(t, s.place, s.text(), func(argv []string, env ...string) (*rig.Process, error) {
				list := strings.ReplaceAll(strings.Trim(fmt.Sprint(tt.allowed), "[]"), " ", ",")
				return rig.Start("lbmaster", append([]string{program(t, "taskset"), "-c", list}, argv...), env...)
			}))
			inst.awaitReady()
			inst.checkAffinity(tt.allowed, 3)
			victim := inst.workers()[1]
			inst.killWorker(victim)
			replaced(t, inst.balancer, victim, 3)
			inst.checkAffinity(tt.allowed, 3)
			for range 2 {
				inst.upgrade()
				inst.checkAffinity(tt.allowed, 3)
			}
			s.global = ""
			inst.rewrite(s.text())
			inst.upgrade()
			for _, pid := range rig.Children(inst.master) {
				if got := cpusOf(t, pid); !slices.Equal(got, tt.allowed) {
					t.Errorf("without the key, %s has the CPUs %v", rig.Cmdline(pid), got)
				}
			}
		})
	}
}
