package http1

import (
	"math/rand/v2"

	"lbmaster/worker/http1/lex"
)

// hashKeys make hashes of names that nobody outside can foresee: else somebody could choose names that have the same.
type hashKeys struct{ start, factor uint64 }

var keys = hashKeys{rand.Uint64(), rand.Uint64() | 1}

// hash is a number that a name has in any case.
func (k hashKeys) hash(name []byte) uint32 {
	h := k.start
	for _, c := range name {
		h = (h ^ uint64(lex.Lower(c))) * k.factor
		h ^= h >> 29
	}
	return uint32(h >> 32)
}
