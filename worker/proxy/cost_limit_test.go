//go:build !race

package proxy

// costLimit is how much more a byte of one message may cost than one of another.
const costLimit = 3

// costShare divides how often is measured.
const costShare = 1
