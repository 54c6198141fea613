package regular_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"lbmaster/shared/regular"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "pid")
	for _, text := range []string{"1\n", "22\n"} {
		if err := regular.Replace(name, text, 0o640); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info, err)
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
		t.Errorf("left are %v, %v", all, err)
	}
}

// TestReplaceWritesNothingElse: a symbolic link gives way, and its target stays what it was.
func TestReplaceWritesNothingElse(t *testing.T) {
	dir := t.TempDir()
	secret, name := filepath.Join(dir, "secret"), filepath.Join(dir, "pid")
	if err := errors.Join(os.WriteFile(secret, []byte("secret"), 0o600), os.Symlink(secret, name)); err != nil {
		t.Fatal(err)
	}
	if err := regular.Replace(name, "1\n", 0o644); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(secret); err != nil || string(text) != "secret" {
		t.Errorf("the target of the link has %q, %v", text, err)
	}
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
}

func TestReplaceNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "directory"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"none/pid":  "none/pid: no such file or directory",
		"directory": "directory: file exists",
	} {
		err := regular.Replace(filepath.Join(dir, name), "", 0o644)
		if err == nil || err.Error() != filepath.Join(dir, want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := regular.Replace(filepath.Join(dir, "none/pid"), "", 0o644); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
		t.Errorf("left are %v, %v", all, err)
	}
}
