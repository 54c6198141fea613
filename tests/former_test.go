//go:build linux

package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// pin is the file that names the commit of the former build.
const pin = "testdata/former-build"

// release is a program, and what it is called in messages.
type release struct {
	name, program, version string
}

func newRelease(t *testing.T, name, program string) release {
	t.Helper()
	return release{name, program, versionOf(t, program)}
}

// formerRelease is the program as it was at the commit of the pin. The first test that wants it makes it, beside the tests that do not.
func formerRelease(t *testing.T) release {
	t.Helper()
	program, err := makeFormer()
	if err != nil {
		t.Fatal(err)
	}
	return newRelease(t, "former", program)
}

var makeFormer = sync.OnceValues(func() (string, error) {
	commit, err := pinned()
	if err != nil {
		return "", err
	}
	program, source := filepath.Join(workshop(), "former"), filepath.Join(workshop(), "former-source")
	if err := os.Mkdir(source, 0o755); err != nil {
		return "", err
	}
	defer os.RemoveAll(source)
	if err := checkOut(commit, source); err != nil {
		return "", err
	}
	// The name tells it from the present build, as that of a release does. Without the path of the source, which is another one
	// each time, Go's cache has all packages the next time.
	err = compileIn(source, program, "lbmaster/cmd/lbmaster", "-trimpath", "-ldflags", "-X main.release=former")
	return program, err
})

// pinned is the commit of the former build.
func pinned() (string, error) {
	text, err := os.ReadFile(pin)
	if err != nil {
		return "", err
	}
	commit := ""
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			commit += line
		}
	}
	if !regexp.MustCompile("^[0-9a-f]{40}$").MatchString(commit) {
		return "", fmt.Errorf("%s does not have one commit, as 40 hexadecimal digits, but %q", pin, commit)
	}
	return commit, nil
}

// checkOut writes the files of a commit into a directory, which git does not remember.
func checkOut(commit, dir string) error {
	archive := dir + ".tar"
	defer os.Remove(archive)
	// We are in the folder tests of the repository, and git archives the folder in which it is.
	if out, err := exec.Command("git", "-C", "..", "archive", "-o", archive, commit).CombinedOutput(); err != nil {
		return fmt.Errorf("git cannot archive commit %s, which is the former build by tests/%s: %w\n%s"+
			"This test needs git and a clone with the whole history: a shallow one gets that by \"git fetch --unshallow\", "+
			"what was unpacked from an archive has none", commit, pin, err, out)
	}
	if out, err := exec.Command("tar", "-x", "-f", archive, "-C", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("cannot unpack commit %s: %w\n%s", commit, err, out)
	}
	return nil
}
