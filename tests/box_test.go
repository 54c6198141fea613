//go:build linux

package tests

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"lbmaster/tools/rig"
)

// box is a real systemd in namespaces of its own, with lbmaster installed in it as the units in conf/systemd say.
type box struct {
	*rig.Process
	t      *testing.T
	init   int // its process 1, as we see it
	cgroup string
}

// newBox boots this machine's systemd. Its end stops everything in it.
func newBox(t *testing.T, conf string) *box {
	t.Helper()
	needs(t, "systemctl", "curl")
	return newBoxOf(t, "/", conf)
}

// newBoxOf boots the systemd of another system, whose root is a directory here.
func newBoxOf(t *testing.T, root, conf string) *box {
	t.Helper()
	needs(t, "unshare", "nsenter")
	b := &box{t: t, cgroup: newCgroup(t)}
	units, err := filepath.Abs("../conf/systemd")
	if err != nil {
		t.Fatal(err)
	}
	b.Process, err = rig.Start("systemd", []string{"testdata/systemd-box.sh", t.TempDir(), root, units, b.cgroup, workshop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.finish)
	running := func() bool {
		if b.init == 0 && !b.findInit() {
			return false
		}
		state, _ := b.try("systemctl", "is-system-running")
		return state == "running" || state == "degraded"
	}
	if err := b.Ready(fatal, running); err != nil {
		t.Fatal(err)
	}
	b.run("install", "-D", product(), "/usr/local/sbin/lbmaster")
	b.configure(conf)
	return b
}

// needs skips a test that lacks programs, or rights.
func needs(t *testing.T, tools ...string) {
	t.Helper()
	asRoot(t)
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
}

// newCgroup makes a cgroup that is removed at the end.
func newCgroup(t *testing.T) string {
	t.Helper()
	root := "/sys/fs/cgroup/unified"
	if _, err := os.Stat(root); err != nil {
		root = "/sys/fs/cgroup"
	}
	dir := filepath.Join(root, fmt.Sprintf("lbmaster-tests-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-")))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skip("no cgroup can be made here: ", err)
	}
	t.Cleanup(func() {
		// The kernel needs a moment to see that the last process is gone.
		if !soon(func() bool { return removeCgroup(dir) }) {
			t.Errorf("%s is still in use", dir)
		}
	})
	return dir
}

func removeCgroup(dir string) bool {
	var all []string
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			all = append(all, path)
		}
		return nil
	})
	slices.Reverse(all)
	for _, path := range all {
		if err := syscall.Rmdir(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return false
		}
	}
	return true
}

// findInit finds process 1, once it is a systemd.
func (b *box) findInit() bool {
	for _, pid := range rig.Children(b.Pid) {
		if comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); string(comm) == "systemd\n" {
			b.init = pid
			return true
		}
	}
	return false
}

// try runs a command inside, and returns what it said.
func (b *box) try(argv ...string) (string, error) {
	enter := []string{"-t", strconv.Itoa(b.init), "-m", "-p", "-u", "-i", "-n", "-C", "-r", "-w", "timeout", "60"}
	out, err := exec.Command("nsenter", append(enter, argv...)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// run is a command that must succeed.
func (b *box) run(argv ...string) string {
	b.t.Helper()
	out, err := b.try(argv...)
	if err != nil {
		b.t.Fatalf("%q: %v: %s\n%s", argv, err, out, b.Said())
	}
	return out
}

// configure writes the configuration file.
func (b *box) configure(conf string) {
	b.t.Helper()
	b.run("mkdir", "-p", "/etc/lbmaster")
	b.run("/bin/sh", "-c", `printf %s "$1" >/etc/lbmaster/lbmaster.toml`, "sh", conf)
}

// show is a property of the service.
func (b *box) show(property string) string {
	b.t.Helper()
	return b.run("systemctl", "show", "--value", "-p", property, "lbmaster.service")
}

// logs waits until the service has said something.
func (b *box) logs(text string) {
	b.t.Helper()
	var out string
	if !soon(func() bool {
		out, _ = b.try("journalctl", "-u", "lbmaster", "-o", "cat")
		return strings.Contains(out, text)
	}) {
		b.t.Errorf("it does not say %q but:\n%s", text, out)
	}
}

// serves waits until a client inside is answered.
func (b *box) serves(url string) {
	b.t.Helper()
	var out string
	answered := func() bool {
		out, _ = b.try("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "5", url)
		return out == "200"
	}
	if !soon(answered) {
		b.t.Errorf("%s: %s instead of 200\n%s", url, out, b.Said())
	}
}

// processes are the service's processes, the master first, by their ids inside.
func (b *box) processes() (master string, workers []string) {
	b.t.Helper()
	master = b.show("MainPID")
	return master, strings.Fields(b.run("pgrep", "-P", master))
}

func (b *box) finish() {
	if b.t.Failed() {
		said, _ := b.try("journalctl", "-n", "200", "-o", "short-precise", "--no-pager")
		b.t.Logf("the journal:\n%s\nsystemd said:\n%s", said, b.Said())
	}
	if b.init != 0 {
		_ = rig.Kill(b.init, syscall.Signal(34+4)) // SIGRTMIN+4: power off
	}
	if _, err := b.Wait(settle); err != nil {
		b.t.Error(err)
		_ = b.Signal(syscall.SIGKILL)
		_, _ = b.Wait(settle)
	}
}
