package buffer

// Pool is a free list of buffers: last in, first out, so that the warmest is used next.
// The zero value is an empty pool.
type Pool struct {
	free  *Buffer
	taken int
	most  int // taken at the same time, since the last Shrink
	idle  int
}

// Take returns an empty buffer. It allocates only when the free list is empty.
func (p *Pool) Take() *Buffer {
	p.taken++
	p.most = max(p.most, p.taken)
	b := p.free
	if b == nil {
		return new(Buffer)
	}
	p.idle--
	p.free, b.next = b.next, nil
	return b
}

// Put gives a buffer back, with whatever it holds.
func (p *Pool) Put(b *Buffer) {
	p.taken--
	p.idle++
	b.r, b.w = 0, 0
	b.next, p.free = p.free, b
}

// Trim lets go of free buffers until at most keep are left.
func (p *Pool) Trim(keep int) {
	for p.idle > keep {
		b := p.free
		p.free, b.next = b.next, nil
		p.idle--
	}
}

// Shrink lets go of the free buffers that have not been needed since it was called last. It returns how many those were.
func (p *Pool) Shrink() int {
	before := p.idle
	p.Trim(p.most - p.taken)
	p.most = p.taken
	return before - p.idle
}

// Taken is the number of buffers in use.
func (p *Pool) Taken() int { return p.taken }

// Idle is the number of buffers in the free list.
func (p *Pool) Idle() int { return p.idle }
