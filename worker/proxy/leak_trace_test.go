//go:build fdtrace

package proxy

import (
	"fmt"
	"os"
	"testing"

	"lbmaster/worker/sock"
)

// TestMain fails when the tests have left descriptors that the proxy owned.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, leak := range sock.Leaks() {
		fmt.Fprintln(os.Stderr, "leaked", leak)
		code = 1
	}
	os.Exit(code)
}
