package http

import (
	"lbmaster/conf"
	"lbmaster/worker/buffer"
	"lbmaster/worker/http1/lex"
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

// responseRoom is how long the response's head may get, in bytes. Each cookie that the server sets under the name of ours may get longer.
func (x *Exchange) responseRoom(head []byte) int {
	r := &x.response
	room, prefix := r.Size+headReserve, len(x.Server.Cookie)+1
	if room+r.N*prefix <= buffer.Size {
		return room
	}
	for i := range r.N {
		if f := &r.Fields[i]; f.ID == lex.NameSetCookie && x.owns(f.Value.In(head)) {
			room += prefix
		}
	}
	return room
}

// writeHead writes the response's head as the client is to see it into a buffer of its own. It reports false, after
// having ended the stream, when the head does not fit.
func (x *Exchange) writeHead(connection string) bool {
	head := x.Link.In.Bytes()
	x.Down.Out = x.Pools.Buffers.TakeFor(x.responseRoom(head))
	room := x.Down.Out.Space()
	out := x.writeResponse(room[:0], head, connection)
	if len(out) > len(room) { // the server has set so many cookies that their prefixes are too much
		x.Down.Drop(x.Pools)
		x.badResponse()
		return false
	}
	x.Down.Out.Commit(len(out))
	return true
}
