//go:build linux

package rig

import (
	"bytes"
	"strings"
	"sync"
)

// Output collects what a process writes. It may be read while the process runs.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

// Write appends p. It never fails.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

// String returns everything written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Has tells whether text was written.
func (o *Output) Has(text string) bool { return strings.Contains(o.String(), text) }

// Forget drops what was written so far.
func (o *Output) Forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.Reset()
}
