//go:build linux

package tests

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"lbmaster/tools/rig"
)

// group is a control group of the test's own (cgroups(7)), version 1 or 2.
type group struct {
	t   *testing.T
	dir string
}

// newGroup makes a control group for a controller ("pids", "memory"), which ends with the test: what is in there must have ended.
func newGroup(t *testing.T, controller string) group {
	t.Helper()
	root := filepath.Join("/sys/fs/cgroup", controller)
	if _, err := os.Stat(filepath.Join(root, "cgroup.procs")); err != nil {
		root = "/sys/fs/cgroup"
		if all, _ := os.ReadFile(filepath.Join(root, "cgroup.subtree_control")); !strings.Contains(string(all), controller) {
			t.Skipf("no cgroup controller %s", controller)
		}
	}
	g := group{t, filepath.Join(root, fmt.Sprintf("lbmaster-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-")))}
	if err := os.Mkdir(g.dir, 0o755); errors.Is(err, fs.ErrPermission) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !rig.Until(settle, func() bool { return os.Remove(g.dir) == nil }) {
			t.Errorf("%s is left, with the processes %s", g.dir, g.get("cgroup.procs"))
		}
	})
	return g
}

// take puts processes into the group: those that they start follow.
func (g group) take(pids ...int) {
	g.t.Helper()
	for _, pid := range pids {
		g.set("cgroup.procs", strconv.Itoa(pid))
	}
}

// file is the first of these names that the group has: the two versions call things differently.
func (g group) file(names ...string) string {
	g.t.Helper()
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(g.dir, name)); err == nil {
			return name
		}
	}
	g.t.Fatalf("%s has none of %v", g.dir, names)
	return ""
}

func (g group) set(file, value string) {
	g.t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, file), []byte(value), 0); err != nil {
		g.t.Fatal(err)
	}
}

func (g group) get(file string) string {
	g.t.Helper()
	text, err := os.ReadFile(filepath.Join(g.dir, file))
	if err != nil {
		g.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func (g group) number(file string) int {
	g.t.Helper()
	n, err := strconv.Atoi(g.get(file))
	if err != nil {
		g.t.Fatal(err)
	}
	return n
}
