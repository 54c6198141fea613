package master

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

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
	if err := p.write(); err != nil {
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
	if err := none.write(); err != nil {
		t.Error(err)
	}
	none.remove()
}

func TestPidfileThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none", "pid"): filepath.Join(dir, "none", "pid") + ": no such file or directory",
		dir:                               dir + ": file exists",
	} {
		err := pidfile(path).write()
		if err == nil || !strings.Contains(err.Error(), "(global.pidfile or -p): "+want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}
