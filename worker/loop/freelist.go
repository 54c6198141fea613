package loop

// FreeList keeps objects for their next use: last in, first out. It belongs to the loop.
type FreeList[T any] struct {
	free  []*T
	taken int
	most  int // taken at the same time, since the last Shrink
}

// Take returns a free object as its last user has left it, or nil: then the caller makes one.
func (l *FreeList[T]) Take() *T {
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

// Put gives an object back.
func (l *FreeList[T]) Put(x *T) {
	l.taken--
	l.free = append(l.free, x)
}

// Shrink lets go of the objects that have not been needed since it was called last.
func (l *FreeList[T]) Shrink() {
	if keep := l.most - l.taken; len(l.free) > keep {
		l.free = append(make([]*T, 0, 2*keep), l.free[len(l.free)-keep:]...)
	}
	l.most = l.taken
}

// Taken is the number of objects that have been taken and not put back.
func (l *FreeList[T]) Taken() int { return l.taken }

// Idle is the number of free objects.
func (l *FreeList[T]) Idle() int { return len(l.free) }
