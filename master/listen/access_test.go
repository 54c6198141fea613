package listen

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// socketAt makes a socket with a path that stays.
func socketAt(t *testing.T, path string) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
}

func modeOf(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestGrant(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	socketAt(t, path)
	inode, err := Access{0o640, -1, os.Getegid()}.Grant(path, 0)
	if err != nil || inode != InodeOf(path) || modeOf(t, path) != 0o640 {
		t.Errorf("inode %d of %d, mode %o, %v", inode, InodeOf(path), modeOf(t, path), err)
	}
	if _, err := Anybody.Grant(path, inode); err != nil || modeOf(t, path) != 0o666 {
		t.Errorf("mode %o, %v", modeOf(t, path), err)
	}
}

// TestGrantChangesNothingElse: whatever somebody puts in the place of a socket keeps its mode.
func TestGrantChangesNothingElse(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("secret"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	socketAt(t, at("other"))
	for _, err := range []error{
		os.Chmod(at("other"), 0o600), os.Symlink("secret", at("symlink")), os.Link(at("secret"), at("link")),
		os.Symlink("other", at("symlink to a socket")), os.Link(at("other"), at("link to a socket")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"symlink", "link", "symlink to a socket", "link to a socket"} {
		if _, err := Anybody.Grant(at(name), 0); !errors.Is(err, errOther) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Anybody.Grant(at("other"), InodeOf(at("secret"))); !errors.Is(err, errOther) {
		t.Errorf("a socket with another inode: %v", err)
	}
	if _, err := Anybody.Grant(at("none"), 0); !errors.Is(err, unix.ENOENT) {
		t.Errorf("none: %v", err)
	}
	if secret, other := modeOf(t, at("secret")), modeOf(t, at("other")); secret != 0o600 || other != 0o600 {
		t.Errorf("modes are %o and %o now", secret, other)
	}
}
