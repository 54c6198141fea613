package http

import (
	"bytes"

	"lbmaster/worker/exchange"
	"lbmaster/worker/http1"
	"lbmaster/worker/http1/lex"
)

// forwards says that the server is to be told of the client by a field of the proxy's own.
func (x *Exchange) forwards(w *exchange.Forward, head []byte) bool {
	return x.Client.Peer.IsValid() && !w.Excepts(x.Client.Peer.Addr()) && !(w.Keeps && x.forwarded(w, head))
}

// forwarded says that the client has sent such a field, and that it passes.
func (x *Exchange) forwarded(w *exchange.Forward, head []byte) bool {
	r := &x.request
	for i := range r.N {
		f := &r.Fields[i]
		if tellsClient(w, f, head) && (r.Flags&http1.Nominates == 0 || !r.Nominated(head, f)) {
			return true
		}
	}
	return false
}

// tellsClient says that f has the name of the field.
func tellsClient(w *exchange.Forward, f *http1.Field, head []byte) bool {
	return (f.ID == lex.NameOther || f.ID == lex.NameXForwardedFor) && bytes.EqualFold(f.Name().In(head), w.Name)
}

// appendClient appends the field.
func (x *Exchange) appendClient(dst []byte) []byte {
	dst = append(dst, x.Client.Front.Forward.Name...)
	dst = append(dst, ": "...)
	dst = x.Client.Peer.Addr().AppendTo(dst)
	return append(dst, "\r\n"...)
}
