package proxy

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/flow"
	"lbmaster/worker/http1"
	"lbmaster/worker/logline"
	"lbmaster/worker/upstream"
)

// stream is one request and its response; in mode tcp, the one exchange of a connection. It is borrowed from a free list
// when the first byte of a request has come, and given back with the last byte of the response.
type stream struct {
	*heads               // nil: the bytes pass unread
	began      int64     // ms: when its first byte came
	complete   int64     // ms: when the request's head was complete; below 0: not yet, here and in the next two
	linked     int64     // ms: when the server's connection took something
	headed     int64     // ms: when the response's head was complete
	up         flow.Flow // client to server
	down       flow.Flow // server to client
	back       *upstream.Backend
	server     *upstream.Server
	link       *upstream.Conn
	byCookie   bool // the client's cookie chose the server
	tries      int  // how often the server may be tried again
	elsewhere  bool // another server than the one chosen first was tried
	status     int  // of the answer; 0: none yet
	cause      accesslog.Cause
	progress   accesslog.Progress
	fromCookie accesslog.FromCookie
	toCookie   accesslog.ToCookie
	upgrade    bool             // the request asks for another protocol, and the server may agree
	answering  bool             // the head of the final response is on its way to the client
	sent       bool             // the whole request has been sent
	unsendable bool             // the server takes no more of the request
	keep       bool             // the client connection goes on after the response
	interim    uint8            // 1xx responses so far
	trace      *accesslog.Trace // nil: the request is not logged, or has no complete head
}

// heads are the part of a stream that relayed bytes do not need. They are by far the larger one.
type heads struct {
	request  http1.Head
	response http1.Head
	fault    logline.Fault // of one of the two messages; without a text: none
}

// newStream takes a stream from the free list, with heads for HTTP.
func (p *Proxy) newStream() *stream {
	st := p.newRelay()
	if st.heads = p.heads.Take(); st.heads == nil {
		st.heads = new(heads)
	}
	st.request.Reset()
	st.response.Reset()
	st.fault = logline.Fault{}
	return st
}

// newRelay takes a stream without heads from the free list.
func (p *Proxy) newRelay() *stream {
	st := p.streams.Take()
	if st == nil {
		st = new(stream)
	}
	st.clear()
	st.began = p.loop.Now()
	return st
}

// endStream closes what the stream still holds and gives it back.
func (s *session) endStream() {
	st := s.stream
	if st == nil {
		return
	}
	s.account()
	s.dropLink()
	st.leave()
	s.logStream()
	s.stream = nil
	st.up.End(s.p.pools)
	st.down.End(s.p.pools)
	s.p.putHeads(st)
	st.back, st.server, st.link = nil, nil, nil
	s.p.streams.Put(st)
}

// putHeads gives the heads of a stream back.
func (p *Proxy) putHeads(st *stream) {
	if st.heads != nil {
		p.heads.Put(st.heads)
		st.heads = nil
	}
}

// clear makes the stream ready for another use.
func (st *stream) clear() {
	st.complete, st.linked, st.headed = -1, -1, -1
	st.cause, st.progress, st.fromCookie, st.toCookie = accesslog.Normally, accesslog.AtEnd, accesslog.CookieIgnored, accesslog.SetIgnored
	st.tries, st.status, st.elsewhere = 0, 0, false
	st.byCookie, st.upgrade, st.answering, st.sent, st.unsendable, st.keep = false, false, false, false, false, false
	st.interim = 0
}

// serve makes srv the stream's server.
func (st *stream) serve(srv *upstream.Server) {
	if st.server != nil {
		st.server.Gauges.Sessions.Add(-1)
	}
	st.server = srv
	srv.Counters.Requests.Add(1)
	srv.Gauges.Sessions.Add(1)
}

// leave ends the stream's place among those of its backend and server.
func (st *stream) leave() {
	if st.back != nil {
		st.back.Gauges.Sessions.Add(-1)
	}
	if st.server != nil {
		st.server.Gauges.Sessions.Add(-1)
	}
}

// dropLink closes the stream's connection to the server, if there is one.
func (s *session) dropLink() {
	if st := s.stream; st.link != nil {
		s.p.upstream.Close(st.link)
		st.link = nil
	}
}

// connected says that the server has taken something on this connection, or the connection itself if that is to be
// relayed.
func (st *stream) connected() bool {
	if st.heads == nil {
		return st.linked >= 0
	}
	return st.link != nil && (st.link.Reused || st.up.Sent > 0 || st.up.Past > 0 || st.up.Out == nil)
}

// waitsForClient says that it is the client's turn: to take bytes, or to send the rest of its request.
func (st *stream) waitsForClient() bool {
	if !st.down.Idle() {
		return true
	}
	return !st.up.Done && st.up.Idle() && !st.unsendable
}

// once says that the request could not be sent a second time, when the server has closed an idle connection in the moment in which the
// first attempt came: a second execution could do harm, or not all of the request is at hand.
func (st *stream) once() bool { return !st.request.MethodID.Idempotent() || !st.up.Done }

// clientRepeats says that the client is to repeat the request that an idle connection has lost, which is why its own connection is closed
// without an answer (RFC 9112 section 9.3.1). A client whose first request on its connection this is would not.
func (st *stream) clientRepeats(fresh bool) bool {
	return !fresh && st.link.Reused && st.interim == 0 && st.link.Empty()
}

// repeatable says that the request may be sent again on another connection after this one died without an answer: the
// connection had been used before, all that was sent is still at hand, and a second execution does no harm (RFC 9110
// section 9.2.2) or the server has seen nothing of the first.
func (st *stream) repeatable() bool {
	if !st.link.Reused || st.answering || st.interim > 0 || st.up.Out == nil || st.up.Past > 0 || !st.link.Empty() {
		return false
	}
	return st.up.Sent == 0 || st.request.MethodID.Idempotent()
}
