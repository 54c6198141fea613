package proxy

import (
	"lbmaster/worker/http1"
)

// stream is one request and its response. It is borrowed from a free list when the first byte of a request has come, and
// given back with the last byte of the response.
type stream struct {
	began      int64 // ms
	request    http1.Head
	response   http1.Head
	up         flow // client to server
	down       flow // server to client
	back       *backend
	server     *server
	link       *serverConn
	byCookie   bool  // the client's cookie chose the server
	upgrade    bool  // the request asks for another protocol, and the server may agree
	answering  bool  // the head of the final response is on its way to the client
	sent       bool  // the whole request has been sent
	unsendable bool  // the server takes no more of the request
	keep       bool  // the client connection goes on after the response
	interim    uint8 // 1xx responses so far
	next       *stream
}

// newStream takes a stream from the free list.
func (p *Proxy) newStream() *stream {
	st := p.streams
	if st == nil {
		st = new(stream)
	} else {
		p.streams = st.next
	}
	st.next = nil
	st.began = p.now
	return st
}

// endStream closes what the stream still holds and gives it back.
func (s *session) endStream() {
	st := s.stream
	if st == nil {
		return
	}
	s.account()
	s.stream = nil
	if st.link != nil {
		s.p.closeServerConn(st.link)
	}
	st.up.reset(&s.p.pool)
	st.down.reset(&s.p.pool)
	st.clear()
	st.next = s.p.streams
	s.p.streams = st
}

// clear makes the stream ready for another use. The heads are not zeroed whole: that would cost more than parsing one.
func (st *stream) clear() {
	st.request.Reset()
	st.response.Reset()
	st.back, st.server, st.link = nil, nil, nil
	st.byCookie, st.upgrade, st.answering, st.sent, st.unsendable, st.keep = false, false, false, false, false, false
	st.interim = 0
}

// connected says that the server has taken something on this connection.
func (st *stream) connected() bool {
	return st.link != nil && (st.link.reused || st.up.sent > 0 || st.up.past > 0 || st.up.out == nil)
}

// waitsForClient says that it is the client's turn: to take bytes, or to send the rest of its request.
func (st *stream) waitsForClient() bool {
	if !st.down.idle() {
		return true
	}
	return !st.up.done && st.up.idle() && !st.unsendable
}

// repeatable says that the request may be sent again on another connection after this one died without an answer: the
// connection had been used before, all that was sent is still at hand, and a second execution does no harm (RFC 9110
// section 9.2.2) or the server has seen nothing of the first.
func (st *stream) repeatable() bool {
	if !st.link.reused || st.answering || st.interim > 0 || st.up.out == nil || st.up.past > 0 || !st.link.empty() {
		return false
	}
	return st.up.sent == 0 || st.request.MethodID.Idempotent()
}
