//go:build race

package proxy

// costLimit is larger under the race detector, which makes our own code several times slower and the kernel's not.
const costLimit = 15

// costShare divides how often is measured: with such a limit less is enough.
const costShare = 4
