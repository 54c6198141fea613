package buffer

// sizes are the capacities of buffers in bytes. Those behind the first are for heads that need more, and hold what people write as
// the most that a head may have (32, 64, 128, 256 KiB) with what a proxy may add. With their fronts they are whole pages.
var sizes = [...]int{Size, 40<<10 - Front, 72<<10 - Front, 136<<10 - Front, Largest}

// Largest is the capacity in bytes of the largest buffer there is.
const Largest = 264<<10 - Front

// newBuffer makes a buffer of a class, which is the place of its capacity among the sizes.
func newBuffer(class int) *Buffer {
	return &Buffer{class: class, data: make([]byte, Front+sizes[class])}
}

// Pool holds free buffers, those of each size in a list of its own: last in, first out, so that the warmest is used next.
// The zero value is an empty pool.
type Pool struct {
	lists [len(sizes)]list
}

// list is the free list of one size.
type list struct {
	free  *Buffer
	taken int
	most  int // taken at the same time, since the last Shrink
	idle  int
}

// Take returns an empty buffer of Size. It allocates only when there is no free one, as all that return a buffer.
func (p *Pool) Take() *Buffer { return p.take(0) }

// TakeFor returns an empty buffer that has room for n bytes, the smallest possible; the largest when there is none.
func (p *Pool) TakeFor(n int) *Buffer {
	class := 0
	for n > sizes[class] && class < len(sizes)-1 {
		class++
	}
	return p.take(class)
}

func (p *Pool) take(class int) *Buffer {
	l := &p.lists[class]
	l.taken++
	l.most = max(l.most, l.taken)
	b := l.free
	if b == nil {
		return newBuffer(class)
	}
	l.idle--
	l.free, b.next = b.next, nil
	return b
}

// Put gives a buffer back, with whatever it holds.
func (p *Pool) Put(b *Buffer) {
	l := &p.lists[b.class]
	l.taken--
	l.idle++
	b.r, b.w = 0, 0
	b.next, l.free = l.free, b
}

// Grow exchanges b for a buffer of the next size that holds the same. It returns b when that is of the largest.
func (p *Pool) Grow(b *Buffer) *Buffer {
	if b.class == len(sizes)-1 {
		return b
	}
	return p.exchange(b, b.class+1)
}

// Fit exchanges b, when it is larger, for a buffer of Size that holds the same. It returns b when it holds more.
func (p *Pool) Fit(b *Buffer) *Buffer {
	if b.class == 0 || b.Len() > Size {
		return b
	}
	return p.exchange(b, 0)
}

func (p *Pool) exchange(b *Buffer, class int) *Buffer {
	other := p.take(class)
	other.Append(b.Bytes())
	p.Put(b)
	return other
}

// trim lets go of free buffers until at most keep are left, and says how many those were.
func (l *list) trim(keep int) (n int) {
	for ; l.idle > keep; n++ {
		b := l.free
		l.free, b.next = b.next, nil
		l.idle--
	}
	return n
}

// Shrink lets go of the free buffers of each size that have not been needed since it was called last. It returns what they took, in bytes.
func (p *Pool) Shrink() (freed int) {
	for class := range p.lists {
		l := &p.lists[class]
		freed += l.trim(l.most-l.taken) * (Front + sizes[class])
		l.most = l.taken
	}
	return freed
}

// Taken is the number of buffers in use.
func (p *Pool) Taken() (n int) {
	for class := range p.lists {
		n += p.lists[class].taken
	}
	return n
}

// Idle is the number of free buffers.
func (p *Pool) Idle() (n int) {
	for class := range p.lists {
		n += p.lists[class].idle
	}
	return n
}
