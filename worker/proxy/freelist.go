package proxy

// freeList keeps objects for their next use: last in, first out. It belongs to the loop.
type freeList[T any] struct {
	free  []*T
	taken int
	most  int // taken at the same time, since the last shrink
}

// take returns a free object as its last user has left it, or nil: then the caller makes one.
func (l *freeList[T]) take() *T {
	l.taken++
	l.most = max(l.most, l.taken)
	n := len(l.free)
	if n == 0 {
		return nil
	}
	x := l.free[n-1]
	l.free = l.free[:n-1]
	return x
}

// put gives an object back.
func (l *freeList[T]) put(x *T) {
	l.taken--
	l.free = append(l.free, x)
}

// shrink lets go of the objects that have not been needed since it was called last.
func (l *freeList[T]) shrink() {
	if keep := l.most - l.taken; len(l.free) > keep {
		l.free = append(make([]*T, 0, 2*keep), l.free[len(l.free)-keep:]...)
	}
	l.most = l.taken
}
