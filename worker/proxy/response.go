package proxy

import (
	"lbmaster/shared/control"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/http1"
	"lbmaster/worker/page"
)

// maxInterim bounds the 1xx responses that come one behind the other: each is sent by itself, and costs more than its bytes. A
// server that says every few seconds that it is still at work may do so for ever.
const (
	maxInterim  = 10
	interimTime = 1000 // ms without one after which they are counted anew
)

// readResponse reads heads until that of the final response has been taken, and reports whether it has.
func (s *session) readResponse() bool {
	st := s.stream
	c := &st.link.Conn
	for s.flushInterim() {
		if !c.Empty() {
			switch v := s.parseResponse(); {
			case v == http1.Done:
				if s.takeResponse() {
					continue
				}
				return s.state == serving && s.stream.answering
			case v != http1.More || c.In.Len() >= s.front.maxHeader:
				s.badResponse()
				return false
			}
		}
		if !c.Fill(s.p.pools) {
			if c.Over() {
				s.serverGone()
			}
			return false
		}
	}
	return false
}

// parseResponse reads as much of a head as has come.
func (s *session) parseResponse() http1.Verdict {
	st := s.stream
	r := &st.response
	r.Tolerant = st.back.Tolerant
	v := r.ParseResponse(st.link.In.Bytes(), st.request.MethodID)
	if v != http1.Done {
		return v
	}
	if r.Flags&http1.Overhang != 0 {
		st.link.Spent = true
	}
	if r.Flags&http1.Untidy != 0 {
		return s.tidy()
	}
	return v
}

// tidy replaces a head that was only taken in tolerance by one that everybody understands, and reads that.
func (s *session) tidy() http1.Verdict {
	st := s.stream
	c := &st.link.Conn
	r := &st.response
	s.p.tidied = r.AppendTidy(s.p.tidied[:0], c.In.Bytes())
	c.In.Consume(r.Size)
	if !c.Replace(s.p.tidied, s.p.pools) {
		return http1.FieldsTooLarge
	}
	r.Reset()
	return r.ParseResponse(c.In.Bytes(), st.request.MethodID)
}

// flushInterim gives the client the interim response that waits, if any, and reports whether it has taken all of it.
func (s *session) flushInterim() bool {
	st := s.stream
	if st.down.Out == nil {
		return true
	}
	if st.down.Push(&st.link.Conn, &s.client, s.p.pools) {
		st.down.Drop(s.p.pools)
		return true
	}
	if s.client.SendErr != 0 {
		s.abort(accesslog.ByClient)
	}
	return false
}

// takeResponse goes on with a complete head. It reports true for an interim one: another follows.
func (s *session) takeResponse() (interim bool) {
	st := s.stream
	r := &st.response
	s.bindIf(r)
	switch {
	case r.Size > s.front.maxHeader:
		s.badResponse()
	case r.Status == 101:
		s.switchProtocol()
	case r.Status < 200:
		return s.takeInterim()
	case st.request.MethodID == http1.CONNECT && r.Status < 300:
		s.openTunnel()
	default:
		s.answer()
	}
	return false
}

// takeInterim passes a 1xx response on, unless the client is too old to know them (RFC 9110 section 15.2).
func (s *session) takeInterim() bool {
	st := s.stream
	c := &st.link.Conn
	if s.p.loop.Now()-s.since >= interimTime {
		st.interim = 0
	}
	if st.interim++; st.interim > maxInterim {
		s.badResponse()
		return false
	}
	if st.request.Minor == 1 && !s.writeHead("") {
		return false
	}
	c.Consume(st.response.Size, s.p.pools)
	st.response.Reset()
	s.since = s.p.loop.Now()
	return true
}

// answer begins the final response.
func (s *session) answer() {
	st := s.stream
	r := &st.response
	st.down.Unwrap = r.Framing == http1.Chunked && st.request.Minor == 0
	untilClose := r.Framing == http1.UntilClose || st.down.Unwrap
	st.keep = persistent(&st.request) && !untilClose && st.sent && s.stays() && !s.front.httpClose
	st.headed, st.status = s.p.loop.Now(), r.Status
	s.front.log.Response(st.trace, &st.response, st.link.In.Bytes())
	if !s.writeHead(st.clientConnection()) {
		return
	}
	st.link.Conn.Consume(r.Size, s.p.pools)
	st.down.Begin(r.Framing, r.Length)
	if st.back.Tolerant {
		st.down.Body.Tolerate()
	}
	if !st.down.Lead(&st.link.Conn, s.p.pools) {
		st.down.Drop(s.p.pools)
		st.headed = -1 // nothing of it has passed
		s.badResponse()
		return
	}
	st.down.Last, st.down.Deliver = !st.keep, true
	st.answering = true
	s.since = s.p.loop.Now()
	s.countResponse()
	if st.sent {
		st.up.Drop(s.p.pools)
	}
}

// stays says that the client connection can go on: here, or in the next generation. That one gets no connections to servers, so
// that a client which is bound to one has to connect again; not in the middle of a handshake, which would fail.
func (s *session) stays() bool {
	switch {
	case !s.front.leaving:
		return true
	case s.placeAtSuccessor() == control.NoPlace:
		return false
	}
	return !s.bound() || s.stream.midHandshake()
}

// clientConnection is the Connection field of the response; "" when the version says it already.
func (st *stream) clientConnection() string {
	switch {
	case !st.keep:
		return "Connection: close\r\n"
	case st.request.Minor == 0 || st.response.Minor == 0:
		return "Connection: keep-alive\r\n"
	}
	return ""
}

// switchProtocol goes on with a server that agrees to speak what the client has asked for.
func (s *session) switchProtocol() {
	st := s.stream
	if !st.upgrade || !st.sent {
		s.badResponse()
		return
	}
	if s.writeHead("Connection: upgrade\r\n") {
		s.becomeTunnel()
	}
}

// openTunnel goes on with a server that has connected the client to where it wanted (RFC 9110 section 9.3.6).
func (s *session) openTunnel() {
	if !s.stream.sent {
		s.badResponse()
		return
	}
	if s.writeHead("") {
		s.becomeTunnel()
	}
}

// becomeTunnel lets all further bytes pass unread.
func (s *session) becomeTunnel() {
	st := s.stream
	st.headed, st.status = s.p.loop.Now(), st.response.Status
	s.front.log.Response(st.trace, &st.response, st.link.In.Bytes())
	st.link.Conn.Consume(st.response.Size, s.p.pools)
	st.up.Drop(s.p.pools)
	st.up.Begin(http1.UntilClose, 0)
	st.down.Begin(http1.UntilClose, 0)
	st.answering = true
	s.p.upstream.DropOwn(&s.own)
	s.countResponse()
	st.up.Seen += int64(st.request.Size)
	s.p.putHeads(st)
	s.become(relaying)
}

// serverGone goes on after the server has closed the connection without a complete head.
func (s *session) serverGone() {
	st := s.stream
	switch {
	case st.repeatable():
		s.repeat()
	case !st.connected():
		s.connectFailed(accesslog.ByServer)
	case st.clientRepeats(s.fresh):
		st.count(responseErrors)
		s.blame(accesslog.ByServer)
		s.end()
	default:
		st.count(responseErrors)
		s.part(page.BadGateway, accesslog.ByServer)
	}
}

// repeat sends the request again, on a new connection.
func (s *session) repeat() {
	st := s.stream
	s.dropLink()
	st.up.Sent, st.sent, st.unsendable = 0, false, false
	st.response.Reset()
	st.count(retries)
	if s.connectAnew() {
		s.moveRequest()
	}
}

// badResponse ends a stream whose server does not speak correct HTTP.
func (s *session) badResponse() {
	s.stream.count(responseErrors)
	s.faultyResponse()
	s.part(page.BadGateway, accesslog.ByProxy)
}

// persistent says that the sender of the head wants the connection to go on (RFC 9112 section 9.3).
func persistent(h *http1.Head) bool {
	if h.Minor == 0 {
		return h.Flags&(http1.ConnKeepAlive|http1.ConnClose) == http1.ConnKeepAlive
	}
	return h.Flags&http1.ConnClose == 0
}
