//go:build !race

package proxy

// costLimit is how much more a byte of one message may cost than one of another. Half of what an ordinary one costs is the kernel's, which is
// fast on some machines: there the costliest (a Cookie field of many short pairs) is at 4.3, elsewhere at 2.6. What the limit is for was at 100.
const costLimit = 6

// costShare divides how often is measured.
const costShare = 1
