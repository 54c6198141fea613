package loop

// Table finds objects by the slot of an epoll token or a timer. An object keeps its slot for good and is used again and
// again: the sequence number in the token tells its uses apart. Free objects come back last in, first out.
type Table[T any] struct {
	all  []*T
	free []uint32
}

// Take returns a free object and its slot. It allocates only when there is none.
func (t *Table[T]) Take() (*T, uint32) {
	if n := len(t.free); n > 0 {
		slot := t.free[n-1]
		t.free = t.free[:n-1]
		return t.all[slot], slot
	}
	t.all = append(t.all, new(T))
	return t.all[len(t.all)-1], uint32(len(t.all) - 1)
}

// Put makes the object of a slot free.
func (t *Table[T]) Put(slot uint32) { t.free = append(t.free, slot) }

// At is the object of a slot, free or not; nil for a slot that never was.
func (t *Table[T]) At(slot uint32) *T {
	if int(slot) >= len(t.all) {
		return nil
	}
	return t.all[slot]
}

// Used is the number of objects in use.
func (t *Table[T]) Used() int { return len(t.all) - len(t.free) }

// All is every object that ever was, free or not, by slot.
func (t *Table[T]) All() []*T { return t.all }
