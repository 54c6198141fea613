//go:build race

package proxy

// costLimit is larger under the race detector, which makes our own code several times slower and the kernel's not.
const costLimit = 15
