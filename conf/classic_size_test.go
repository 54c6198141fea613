//go:build !race

package conf

// classicSize is how large the texts are that have to be read in little time.
const classicSize = 1 << 20
