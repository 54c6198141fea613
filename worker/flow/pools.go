package flow

import (
	"lbmaster/worker/buffer"
	"lbmaster/worker/sock"
)

// Pools is what flows borrow: buffers and pipes. It belongs to one loop.
type Pools struct {
	Buffers buffer.Pool
	Pipes   sock.Pipes
}

// NewPools makes pools that are empty.
func NewPools() *Pools { return &Pools{Pipes: sock.NewPipes(maxPipes, pipeSize)} }

// BoundPipes lets pipes have, of so many free descriptors, what is left when all clients have come that maxconn lets in, each with a
// connection to a server. A stream without a pipe is copied: no client waits for want of a descriptor that a pipe has.
func (p *Pools) BoundPipes(free int, maxconn int64) {
	p.Pipes.Limit(int(max(0, min(maxPipes, (int64(free)-2*maxconn)/2))))
}
