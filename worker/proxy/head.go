package proxy

import (
	"lbmaster/conf"
	"lbmaster/worker/buffer"
	"lbmaster/worker/http1"
)

// A head is received and written anew in buffers that hold it whole, of buffer.Size as a rule. Where the frontend's max_header
// allows larger heads, one that has filled its buffer and is not complete goes on in a larger one (makeRoom), and is written into
// another that has room for it. The first goes back with the head's last byte; what has come behind it goes on in a small buffer
// as soon as it fits (conn.consume).

// headReserve is what the proxy may add to a head, in bytes, the prefixes of cookies apart.
const (
	headReserve = buffer.Front
	_           = uint(buffer.Size - conf.DefaultMaxHeader - headReserve) // it fits in, or this does not compile
	_           = uint(buffer.Largest - conf.MostMaxHeader - headReserve)
)

// makeRoom makes room behind what has been received. Its callers add to what waits only when that is the beginning of a head, and
// not after it has become as large as a head may be.
func (c *conn) makeRoom(pool *buffer.Pool) bool {
	if c.in.Compact(); c.in.Full() {
		c.in = pool.Grow(c.in)
	}
	return !c.in.Full()
}

// replace puts another head, which is not much longer, where one has been consumed.
func (c *conn) replace(head []byte, pool *buffer.Pool) bool {
	if !c.empty() {
		return c.in.Prepend(head)
	}
	if len(head) > len(c.in.Space()) {
		c.in = pool.Grow(c.in)
	}
	return c.in.Append(head) == len(head)
}

// responseRoom is how long the response's head may get, in bytes. Each cookie that the server sets under the name of ours may get longer.
func (st *stream) responseRoom(head []byte) int {
	r := &st.response
	room, prefix := r.Size+headReserve, len(st.server.cookie)+1
	if room+r.N*prefix <= buffer.Size {
		return room
	}
	for i := range r.N {
		if f := &r.Fields[i]; f.ID == http1.NameSetCookie && st.owns(f.Value.In(head)) {
			room += prefix
		}
	}
	return room
}
