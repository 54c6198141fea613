//go:build fdtrace

package sock

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain fails when the tests have left descriptors.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, leak := range Leaks() {
		fmt.Fprintln(os.Stderr, "leaked", leak)
		code = 1
	}
	os.Exit(code)
}

func TestLeaksNamesTheMaker(t *testing.T) {
	f := makeOne(t)
	leaks := strings.Join(Leaks(), "\n")
	if !strings.Contains(leaks, fmt.Sprintf("descriptor %d:", f.Int())) || !strings.Contains(leaks, "makeOne") {
		t.Errorf("leaks: %s", leaks)
	}
	f.Close()
	if leaks := Leaks(); len(leaks) != 0 {
		t.Errorf("after Close: %v", leaks)
	}
}

func makeOne(t *testing.T) FD {
	n, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	return Own(n)
}

func TestDisownedIsNoLeak(t *testing.T) {
	f := makeOne(t)
	defer unix.Close(f.Disown())
	if leaks := Leaks(); len(leaks) != 0 {
		t.Errorf("leaks: %v", leaks)
	}
}

func TestOwnershipIsExclusive(t *testing.T) {
	f := makeOne(t)
	defer f.Close()
	mustPanic(t, "is owned twice", func() { Own(f.Int()) })
	copied := f
	copied.Close()
	mustPanic(t, "is closed but not owned", func() {
		again := f
		again.Close()
	})
	f = FD{}
}

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	f()
}
