package proxy

import (
	"runtime/debug"
	"time"

	"lbmaster/worker/buffer"
)

// After a peak the pools hold what it has needed, and would for ever. Once a minute they let go of what the last minute has not
// needed; and when that is much, the memory goes back to the system at once, instead of when the garbage collector gets there.

const (
	shrinkTime = time.Minute
	muchMemory = 1 << 20 // bytes
)

// shrink lets go of what has not been needed since it was called last.
func (p *Proxy) shrink() {
	p.After(shrinkTime, p.shrink)
	freed := p.pool.Shrink() * buffer.Memory
	p.pipes.Shrink()
	p.streams.shrink()
	p.heads.shrink()
	for _, f := range p.frontends {
		if f != nil && f.log != nil {
			f.log.traces.shrink()
		}
	}
	if freed >= muchMemory {
		go debug.FreeOSMemory() // beside the loop
	}
}
