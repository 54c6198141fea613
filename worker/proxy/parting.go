package proxy

import "lbmaster/worker/http1"

// part answers the request with a page of the proxy's own, and then ends the session. It
// is never called once the head of the final response is on its way.
func (s *session) part(p page) {
	st := s.stream
	if st.link != nil {
		s.p.closeServerConn(st.link)
		st.link = nil
	}
	if st.down.idle() { // else the page follows the interim response that the client is taking
		st.down.drop(&s.p.pool)
		st.down.out = s.p.pool.Take()
	}
	headless := 0
	if st.request.MethodID == http1.HEAD {
		headless = 1
	}
	st.down.out.AppendString(pages[p][headless])
	s.countPage(pageText[p].status)
	s.become(parting)
}

// stepParting sends the page.
func (s *session) stepParting() {
	st := s.stream
	if st.down.push(nil, &s.client, &s.p.pool) {
		s.conclude(true)
		return
	}
	if s.client.sendErr != 0 {
		s.end()
	}
}
