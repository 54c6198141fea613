//go:build race

package conf

// classicSize is less under the race detector, which makes the reader ten times slower.
const classicSize = 1 << 17
