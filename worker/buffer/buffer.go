// Package buffer holds the buffers of a worker and their free lists.
//
// Nothing here is safe for concurrent use: a pool and its buffers belong to one event loop.
package buffer

// Size is the capacity in bytes of a Buffer, unless a larger one is asked for: a body of 16 KiB, which many applications send at a
// time, and its head pass in one piece.
const Size = 20 << 10

// Front is the room before what is received, in bytes, for what Prepend puts there: as much as a proxy may add to a head.
const Front = 1 << 10

// Buffer is a window of bytes: those between its read and its write position wait to be consumed.
//
//	data: |.. front ..|.. consumed ..|==== Bytes ====|---- Space ----|
//	      -Front      0              r               w             capacity
type Buffer struct {
	r, w  int // r is negative when something has been put into the front
	data  []byte
	class int     // of its capacity
	next  *Buffer // in the pool's free list
}

// Bytes returns what waits to be consumed. The slice is valid until the next call of Compact or Put.
func (b *Buffer) Bytes() []byte { return b.data[Front+b.r : Front+b.w] }

// Len is the number of bytes that wait to be consumed.
func (b *Buffer) Len() int { return b.w - b.r }

// Space returns the room behind the waiting bytes. What is written there counts once Commit has been called.
func (b *Buffer) Space() []byte { return b.data[Front+b.w:] }

// Commit makes the first n bytes of Space part of Bytes.
func (b *Buffer) Commit(n int) { b.w += n }

// Consume removes the first n of Bytes. An emptied buffer begins at its start again, so that Space is whole.
func (b *Buffer) Consume(n int) {
	b.r += n
	if b.r == b.w {
		b.r, b.w = 0, 0
	}
}

// Compact moves the waiting bytes to the start, so that all room is in Space.
func (b *Buffer) Compact() {
	if b.r <= 0 {
		return
	}
	b.w = copy(b.data[Front:], b.Bytes())
	b.r = 0
}

// Prepend puts p before the waiting bytes, over what has been consumed and into the front. It reports false, and does nothing,
// when p does not fit there.
func (b *Buffer) Prepend(p []byte) bool {
	if len(p) > Front+b.r {
		return false
	}
	b.r -= len(p)
	copy(b.Bytes(), p)
	return true
}

// Append copies as much of p as fits behind the waiting bytes and returns how much that was.
func (b *Buffer) Append(p []byte) int {
	n := copy(b.Space(), p)
	b.w += n
	return n
}

// AppendString is Append for a string.
func (b *Buffer) AppendString(s string) int {
	n := copy(b.Space(), s)
	b.w += n
	return n
}

// Full says that there is no room behind the waiting bytes. Compact may make some.
func (b *Buffer) Full() bool { return Front+b.w == len(b.data) }
