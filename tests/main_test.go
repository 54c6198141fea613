//go:build linux

// Package tests proves the product from outside: it builds the real binary once, runs real processes and talks to
// them over real sockets. Every test has a network of its own (see place) and ends by proving that nothing is left:
// no process, no listening socket, no temporary file, and nothing on standard error that tells of a bug.
package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

const (
	// settle bounds what should take milliseconds. A healthy run never comes near it.
	settle = 10 * time.Second
	// fatal bounds what may take seconds on a busy machine; beyond it something hangs.
	fatal = 60 * time.Second
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	if addr := os.Getenv(crowdServer); addr != "" {
		return 1, serveCrowd(addr)
	}
	defer os.RemoveAll(workshop())
	if err := build(); err != nil {
		return 1, err
	}
	code := m.Run()
	if left := rig.Running(product()); len(left) > 0 {
		return 1, fmt.Errorf("processes left behind: %v", left)
	}
	return code, nil
}

// workshop is the directory of the binary under test. It is on the file system of t.TempDir, so that tests can link
// the binary into theirs.
func workshop() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("lbmaster-tests-%d", os.Getpid()))
}

// product is the binary under test.
func product() string { return filepath.Join(workshop(), "lbmaster") }

func build() error {
	if err := os.MkdirAll(workshop(), 0o755); err != nil {
		return err
	}
	if stand := os.Getenv("LBMASTER"); stand != "" {
		return link(stand, product())
	}
	return compile(product(), "lbmaster/cmd/lbmaster")
}

// compile builds a command of the module.
func compile(to, command string) error { return compileIn("", to, command) }

// compileIn builds a command of the module in a directory; "" is our own.
func compileIn(dir, to, command string, flags ...string) error {
	cmd := exec.Command("go", append(append([]string{"build", "-o", to}, flags...), command)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is shipped
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("cannot build %s: %w\n%s", command, err, out)
	}
	return nil
}
