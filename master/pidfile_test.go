package master

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"lbmaster/master/procfs"

	"golang.org/x/sys/unix"
)

// nobodyYields is for a start beside nobody.
func nobodyYields(int) bool { return false }

const waitVariable = "LBMASTER_TEST_WAITS"

// TestOtherMaster is what another process of this program does in TestPidfileOfOthers: it lives until its input ends.
func TestOtherMaster(t *testing.T) {
	if os.Getenv(waitVariable) == "" {
		return
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
}

// TestPidfileOfOthers: the file of a master that lives stays, unless that gives way.
func TestPidfileOfOthers(t *testing.T) {
	p := pidfile(filepath.Join(t.TempDir(), "pid"))
	other := exec.Command("/proc/self/exe", "-test.run", "^TestOtherMaster$")
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	other.Env = append(os.Environ(), waitVariable+"=1")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	pid := strconv.Itoa(other.Process.Pid) + "\n"
	if err := os.WriteFile(string(p), []byte(pid), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{p.free(nobodyYields), p.write(nobodyYields)} {
		if err == nil || !strings.Contains(err.Error(), "is that of process "+strings.TrimSpace(pid)) {
			t.Errorf("%v", err)
		}
	}
	if text, err := os.ReadFile(string(p)); err != nil || string(text) != pid {
		t.Errorf("the file has %q, %v", text, err)
	}
	if procfs.HasLeft(procfs.Dir(other.Process.Pid), nil) {
		t.Error("one whose sockets cannot be seen has left its addresses")
	}
	yields := func(pid int) bool { return pid == other.Process.Pid }
	if err := errors.Join(p.free(yields), p.write(yields)); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(string(p), []byte(pid), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(in.Close(), other.Wait()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.free(nobodyYields), p.write(nobodyYields)); err != nil {
		t.Errorf("the file of one that has ended: %v", err)
	}
	p.remove()
	if left, err := os.ReadDir(filepath.Dir(string(p))); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestPidfile(t *testing.T) {
	dir := t.TempDir()
	p := pidfile(filepath.Join(dir, "pid"))
	if err := os.WriteFile(string(p), []byte("1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.remove()
	if text, err := os.ReadFile(string(p)); err != nil || string(text) != "1\n" {
		t.Errorf("another's file: %q, %v", text, err)
	}
	if err := p.write(nobodyYields); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(string(p))
	if want := strconv.Itoa(os.Getpid()) + "\n"; err != nil || string(text) != want {
		t.Errorf("the file has %q, %v; want %q", text, err, want)
	}
	p.remove()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	p.remove() // nothing is there
	none := pidfile("")
	if err := none.write(nobodyYields); err != nil {
		t.Error(err)
	}
	none.remove()
}

func TestPidfileThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none", "pid"): filepath.Join(dir, "none", "pid") + ": no such file or directory",
		dir:                               `"` + dir + `" is a directory: name a regular file`,
	} {
		err := pidfile(path).write(nobodyYields)
		if err == nil || !strings.Contains(err.Error(), "(global.pidfile or -p): "+want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestPidfileOther: what is no regular file is neither waited for nor replaced.
func TestPidfileOther(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, "/dev/zero"} {
		err := pidfile(path).free(func(int) bool { return false })
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "name a regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
