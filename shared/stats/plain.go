//go:build !race

package stats

// add needs no atomic instruction where there is one writer: the processor writes an aligned word at once, so that readers see
// the number before or after, and a locked instruction would wait for every write before it. A request adds to some thirty
// numbers, those of its server not in the cache when there are many servers (BenchmarkAdd).
func add[T int64 | uint64](to *T, n T) { *to += n }
