package proxy

// table finds objects by the slot of an epoll token or a timer. An object keeps its slot for good and is used again and
// again: the sequence number in the token tells its uses apart. Free objects come back last in, first out.
type table[T any] struct {
	all  []*T
	free []uint32
}

// take returns a free object and its slot. It allocates only when there is none.
func (t *table[T]) take() (*T, uint32) {
	if n := len(t.free); n > 0 {
		slot := t.free[n-1]
		t.free = t.free[:n-1]
		return t.all[slot], slot
	}
	t.all = append(t.all, new(T))
	return t.all[len(t.all)-1], uint32(len(t.all) - 1)
}

// put makes the object of a slot free.
func (t *table[T]) put(slot uint32) { t.free = append(t.free, slot) }

// at is the object of a slot, free or not; nil for a slot that never was.
func (t *table[T]) at(slot uint32) *T {
	if int(slot) >= len(t.all) {
		return nil
	}
	return t.all[slot]
}

// used is the number of objects in use.
func (t *table[T]) used() int { return len(t.all) - len(t.free) }
