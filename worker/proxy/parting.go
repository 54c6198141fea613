package proxy

import (
	"lbmaster/conf"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/http1"
	"lbmaster/worker/page"
)

// part answers the request with a page of the proxy's own, and then ends the session. It is never called once the head of
// the final response is on its way.
func (s *session) part(p page.Page, cause accesslog.Cause) {
	st := s.stream
	s.blame(cause)
	s.dropLink()
	if st.down.Idle() { // else the page follows the interim response that the client is taking
		st.down.Drop(s.p.pools)
		st.down.Out = s.p.pools.Buffers.Take()
	}
	text := s.pageText(p)
	if len(text) > len(st.down.Out.Space()) {
		s.client.Resets = true
		s.end()
		return
	}
	st.down.Out.AppendString(text)
	st.down.Done, st.down.Last = true, true
	st.status = p.Status()
	s.countPage(st.status)
	s.become(parting)
}

// stepParting sends the page.
func (s *session) stepParting() {
	st := s.stream
	if st.down.Push(nil, &s.client, s.p.pools) {
		s.conclude(true)
		return
	}
	if s.client.SendErr != 0 {
		s.end()
	}
}

// alive is what a monitoring client gets, without having been read (guide section 2.2), and every client in mode health with
// httpchk; healthy what they get without.
var (
	alive   = []byte("HTTP/1.0 200 OK\r\n\r\n")
	healthy = []byte("OK\n")
)

// assure tells a monitoring client that we are alive. That is no request and is not logged.
func (s *session) assure() {
	text := alive
	if s.front.mode == conf.ModeHealth && !s.front.healthHTTP {
		text = healthy
	}
	s.client.Send(text, true) // it fits into any send buffer
	s.becomeLingering()
}

// pageText is what a client of the stream gets as answer p: the backend's, else the frontend's, else ours.
func (s *session) pageText(p page.Page) string {
	headless := s.stream.request.MethodID == http1.HEAD
	if b := s.stream.back; b != nil {
		return page.Text(p, headless, b.Pages, s.front.pages)
	}
	return page.Text(p, headless, s.front.pages)
}
