package regular_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/shared/regular"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, size := range map[string]int64{"most": regular.MaxSize, "large": regular.MaxSize + 1, "huge": 1 << 40} {
		if err := os.WriteFile(at(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(at(name), size); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mkfifo(at("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]string{
		at("most"):          "",
		"/proc/self/status": "",
		at("large"):         "is too large: at most 16 MiB",
		at("huge"):          "is too large: at most 16 MiB",
		at("none"):          "no such file",
		at("fifo"):          "is a pipe: name a regular file",
		dir:                 "is a directory: name a regular file",
		"/dev/zero":         "is a device: name a regular file",
	} {
		text, err := regular.Read(name)
		switch {
		case wrong == "" && (err != nil || len(text) == 0):
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		case wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong) || !strings.Contains(err.Error(), name)):
			t.Errorf("%s: %v, want %q", name, err, wrong)
		}
	}
}
