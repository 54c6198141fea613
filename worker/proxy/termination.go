package proxy

// cause says why a stream ended before its time: the first letter of the termination state in the logs.
type cause byte

const (
	normally   cause = '-'
	byClient   cause = 'C' // it closed or reset its connection
	clientTime cause = 'c' // it was too slow
	byServer   cause = 'S' // it refused or closed its connection
	serverTime cause = 's' // it was too slow
	byProxy    cause = 'P' // the peer broke the protocol
	noResource cause = 'R' // a descriptor or a local port was missing
)

// progress says how far the stream had come then: the second letter.
type progress byte

const (
	atEnd      progress = '-'
	inRequest  progress = 'R' // its head was not complete
	inConnect  progress = 'C' // no server had been reached
	inHeaders  progress = 'H' // the response had not begun
	inData     progress = 'D' // the response was on its way
	inLastData progress = 'L' // the server had given all of it
)

// fromCookie says what became of the client's persistence cookie: the third letter.
type fromCookie byte

const (
	cookieIgnored fromCookie = '-' // the backend has no persistence of the proxy's
	cookieNone    fromCookie = 'N'
	cookieUnknown fromCookie = 'I' // no server has this value
	cookieDown    fromCookie = 'D' // its server is down
	cookieValid   fromCookie = 'V'
)

// toCookie says what happened to the persistence cookie in the response: the fourth letter.
type toCookie byte

const (
	setIgnored  toCookie = '-'
	setNone     toCookie = 'N' // the server set none, and the proxy neither
	setPassed   toCookie = 'P' // the server's passed unchanged
	setInserted toCookie = 'I'
	setReplaced toCookie = 'R' // its value was rewritten or prefixed
	setDeleted  toCookie = 'D'
)

// blame notes why the stream ends. The first reason counts.
func (s *session) blame(why cause) {
	st := s.stream
	if st.cause == normally {
		st.cause, st.progress = why, st.how()
	}
}

// how is how far the stream has come.
func (st *stream) how() progress {
	switch {
	case st.complete < 0:
		return inRequest
	case !st.connected():
		return inConnect
	case !st.answering:
		return inHeaders
	case st.down.Done:
		return inLastData
	}
	return inData
}

// abort ends a session whose client is to blame.
func (s *session) abort(why cause) {
	s.countAbort(why)
	s.end()
}

// breakOff ends a session so that the client cannot take the part of the response it has got for the whole.
func (s *session) breakOff(why cause) {
	s.countAbort(why)
	s.cut()
}

// countAbort counts a stream that ended early.
func (s *session) countAbort(why cause) {
	s.blame(why)
	st := s.stream
	addAbort(s.front.counters, why)
	if st.server != nil {
		addAbort(st.back.counters, why)
		addAbort(st.server.counters, why)
	}
}
