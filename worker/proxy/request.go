package proxy

import (
	"lbmaster/worker/buffer"
	"lbmaster/worker/cookie"
	"lbmaster/worker/http1"
)

// headReserve is what the proxy may add to a head, in bytes; headLimit is what a peer's head may measure.
const (
	headReserve = 1 << 10
	headLimit   = buffer.Size - headReserve
)

// stepReading reads the head of a request, and begins to serve it when it is complete.
func (s *session) stepReading() {
	c := &s.client
	for {
		if !c.empty() {
			v := s.stream.request.ParseRequest(c.in.Bytes())
			if v == http1.More && c.in.Len() >= headLimit {
				v = s.stream.request.Overflow()
			}
			if v != http1.More {
				s.requestRead(v)
				return
			}
		}
		if !c.fill(&s.p.pool) {
			break
		}
	}
	if c.over() {
		s.requestCut()
	}
}

// requestCut ends a session whose client has ended its side in the middle of a head. It may still be listening.
func (s *session) requestCut() {
	s.front.counters.RequestErrors.Add(1)
	s.front.counters.ClientAborts.Add(1)
	if s.client.recvErr != 0 {
		s.end()
		return
	}
	s.part(page400)
}

// requestRead goes on with a head that is complete or refused.
func (s *session) requestRead(v http1.Verdict) {
	s.front.counters.Requests.Add(1)
	s.p.counters.Requests.Add(1)
	if v == http1.Done && s.stream.request.Size > headLimit {
		v = http1.FieldsTooLarge
	}
	if v != http1.Done {
		s.front.counters.RequestErrors.Add(1)
		s.part(pageOf(v.Status()))
		return
	}
	if !s.choose() {
		s.part(page503)
		return
	}
	s.forward()
}

// choose finds the server for the request: the one that the client's cookie names, else the one whose turn it is.
func (s *session) choose() bool {
	st := s.stream
	b := s.front.back
	b.refresh(s.p.board)
	st.back = b
	if b.cookie != "" {
		if v, ok := st.cookieValue(s.client.in.Bytes(), b.cookie); ok {
			st.server = b.byCookie(v)
			st.byCookie = st.server != nil
		}
	}
	if st.server == nil {
		st.server = b.balanced()
	}
	b.counters.Requests.Add(1)
	if st.server == nil {
		return false
	}
	st.server.counters.Requests.Add(1)
	return true
}

// cookieValue is the value of the first cookie of that name. It stays valid as long as head does.
func (st *stream) cookieValue(head []byte, name string) ([]byte, bool) {
	for i := range st.request.N {
		if f := &st.request.Fields[i]; f.ID == http1.NameCookie {
			if v, ok := cookie.Find(f.Value.In(head), name); ok {
				return v, true
			}
		}
	}
	return nil, false
}

// forward writes the request as the server is to see it, with what has come of the body. Nothing is sent before all
// that is at hand has been found correct.
func (s *session) forward() {
	st := s.stream
	r := &st.request
	st.upgrade = r.Flags&http1.ConnUpgrade != 0 && r.Flags&http1.H2C == 0 && r.Framing == http1.None
	st.up.out = s.p.pool.Take()
	out := st.writeRequest(st.up.out.Space()[:0], s.client.in.Bytes())
	st.up.out.Commit(len(out))
	s.client.consume(r.Size, &s.p.pool)
	st.up.begin(r.Framing, r.Length)
	if !st.up.gather(&s.client, &s.p.pool) {
		s.front.counters.RequestErrors.Add(1)
		s.part(page400)
		return
	}
	s.become(serving)
}

// notForwarded is the set of request fields that are looked at one by one: those that concern one connection only
// (RFC 9110 section 7.6.1), and the cookies.
const notForwarded = 1<<http1.NameConnection | 1<<http1.NameKeepAlive | 1<<http1.NameProxyConnection |
	1<<http1.NameUpgrade | 1<<http1.NameCookie

// writeRequest appends the request's head to dst, which has room for it. Everything that need not change is copied as
// it came, in order.
func (st *stream) writeRequest(dst, head []byte) []byte {
	r := &st.request
	nominates := r.Flags&http1.Nominates != 0
	from := int(r.Method.Off)
	for i := range r.N {
		f := &r.Fields[i]
		if notForwarded&(1<<f.ID) == 0 && !(nominates && r.Nominated(head, f)) {
			continue
		}
		if f.ID == http1.NameUpgrade && st.upgrade {
			continue
		}
		dst = append(dst, head[from:f.Start]...)
		from = int(f.End)
		if f.ID == http1.NameCookie {
			dst = st.writeCookie(dst, head, f)
		}
	}
	dst = append(dst, head[from:r.Size-2]...)
	if st.upgrade {
		dst = append(dst, "Connection: upgrade\r\n"...)
	} else if r.Minor == 0 {
		dst = append(dst, "Connection: keep-alive\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// writeCookie appends a Cookie field without the persistence cookie, if the servers must not see it. A field that has
// nothing else is left out.
func (st *stream) writeCookie(dst, head []byte, f *http1.Field) []byte {
	if !st.back.indirect {
		return append(dst, head[f.Start:f.End]...)
	}
	at := len(dst)
	dst = append(dst, head[f.Start:f.Value.Off]...)
	value := len(dst)
	dst, removed := cookie.AppendWithout(dst, f.Value.In(head), st.back.cookie)
	if removed && len(dst) == value {
		return dst[:at]
	}
	return append(dst, "\r\n"...)
}
