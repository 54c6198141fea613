package proxy

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/http1"
	"lbmaster/worker/page"
)

// stepReading reads the head of a request, and begins to serve it when it is complete.
func (s *session) stepReading() {
	c := &s.client
	for {
		if !c.Empty() {
			v := s.stream.request.ParseRequest(c.In.Bytes())
			if v == http1.More && c.In.Len() >= s.front.maxHeader {
				v = s.stream.request.Overflow(s.front.maxHeader)
			}
			if v != http1.More {
				s.requestRead(v)
				return
			}
		}
		if !c.Fill(s.p.pools) {
			break
		}
	}
	if c.Over() {
		s.requestCut()
	}
}

// requestCut ends a session whose client has ended its side in the middle of a head. It may still be listening.
func (s *session) requestCut() {
	s.front.counters.RequestErrors.Add(1)
	s.countAbort(accesslog.ByClient)
	if s.client.RecvErr != 0 {
		s.stream.status = 400 // for the logs: nobody is left to be answered
		s.end()
		return
	}
	s.part(page.BadRequest, accesslog.ByClient)
}

// requestRead goes on with a head that is complete or refused.
func (s *session) requestRead(v http1.Verdict) {
	s.front.counters.Requests.Add(1)
	s.p.counters.Requests.Add(1)
	if v == http1.Done && s.stream.request.Size > s.front.maxHeader {
		v = s.stream.request.Overflow(s.front.maxHeader)
	}
	if v != http1.Done {
		s.front.counters.RequestErrors.Add(1)
		s.faultyRequest(v.Status())
		s.part(page.Of(v.Status()), accesslog.ByProxy)
		return
	}
	s.stream.complete = s.p.loop.Now()
	s.stream.trace = s.front.log.Request(&s.stream.request, s.client.In.Bytes())
	if !s.choose() {
		s.part(page.Unavailable, accesslog.ByServer)
		return
	}
	s.forward()
}

// forward writes the request as the server is to see it, with what has come of the body. Nothing is sent before all
// that is at hand has been found correct.
func (s *session) forward() {
	st := s.stream
	r := &st.request
	st.upgrade = r.Flags&http1.ConnUpgrade != 0 && r.Flags&http1.H2C == 0 && r.Framing == http1.None && r.Minor == 1 && !s.front.httpClose
	st.up.Out = s.p.pools.Buffers.TakeFor(r.Size + headReserve)
	out := s.writeRequest(st.up.Out.Space()[:0], s.client.In.Bytes())
	st.up.Out.Commit(len(out))
	s.client.Consume(r.Size, s.p.pools)
	st.up.Begin(r.Framing, r.Length)
	if !st.up.Gather(&s.client, s.p.pools) {
		s.front.counters.RequestErrors.Add(1)
		s.faultyRequest(400)
		s.part(page.BadRequest, accesslog.ByProxy)
		return
	}
	s.become(serving)
}
