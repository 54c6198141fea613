package proxy

import "lbmaster/worker/accesslog"

// blame notes why the stream ends. The first reason counts.
func (s *session) blame(why accesslog.Cause) {
	st := s.stream
	if st.cause == accesslog.Normally {
		st.cause, st.progress = why, st.how()
	}
}

// how is how far the stream has come.
func (st *stream) how() accesslog.Progress {
	switch {
	case st.complete < 0:
		return accesslog.InRequest
	case !st.connected():
		return accesslog.InConnect
	case !st.answering:
		return accesslog.InHeaders
	case st.down.Done:
		return accesslog.InLastData
	}
	return accesslog.InData
}

// abort ends a session whose client is to blame.
func (s *session) abort(why accesslog.Cause) {
	s.countAbort(why)
	s.end()
}

// breakOff ends a session so that the client cannot take the part of the response it has got for the whole.
func (s *session) breakOff(why accesslog.Cause) {
	s.countAbort(why)
	s.cut()
}

// countAbort counts a stream that ended early.
func (s *session) countAbort(why accesslog.Cause) {
	s.blame(why)
	st := s.stream
	addAbort(s.front.counters, why)
	if st.server != nil {
		addAbort(st.back.Counters, why)
		addAbort(st.server.Counters, why)
	}
}
