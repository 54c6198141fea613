package stats

import "sync/atomic"

// Counter is a number that one process changes and others read.
type Counter struct{ n uint64 }

// Load is the number now.
func (c *Counter) Load() uint64 { return atomic.LoadUint64(&c.n) }

// Store sets it.
func (c *Counter) Store(n uint64) { atomic.StoreUint64(&c.n, n) }

// Add counts n. Only the one writer of a slab may call it, from one goroutine at a time.
func (c *Counter) Add(n uint64) { add(&c.n, n) }

// claim sets it to n unless somebody else has changed it since it was before.
func (c *Counter) claim(before, n uint64) bool { return atomic.CompareAndSwapUint64(&c.n, before, n) }

// Gauge is a number that one process changes, both ways, and others read.
type Gauge struct{ n int64 }

// Load is the number now.
func (g *Gauge) Load() int64 { return atomic.LoadInt64(&g.n) }

// Store sets it.
func (g *Gauge) Store(n int64) { atomic.StoreInt64(&g.n, n) }

// Add changes it by n, as Counter.Add does.
func (g *Gauge) Add(n int64) { add(&g.n, n) }

// AddFirst is Add for limits that are kept together: whatever the caller reads after it has been read after the others could
// see the change.
func (g *Gauge) AddFirst(n int64) { atomic.AddInt64(&g.n, n) }
