package proxy

import (
	"lbmaster/conf"
	"lbmaster/worker/cookie"
	"lbmaster/worker/http1"
)

// choose finds the server for the request: the one that the client's cookie names, else one that knows the client's connection,
// else the one whose turn it is. It reports false when there is none.
func (s *session) choose() bool {
	st := s.stream
	b := s.front.back
	b.refresh(s.p.board)
	b.counters.Requests.Add(1)
	b.gauges.Sessions.Add(1)
	st.back = b
	st.tries = b.retries
	if st.heads != nil && (b.cookie.Mode != conf.CookiePlain || b.cookie.Indirect) {
		st.fromCookie, st.toCookie = cookieNone, setNone
	}
	var srv *server
	if st.heads != nil {
		srv = s.prefer(st.persistent(s.client.in.Bytes()))
	}
	if srv == nil {
		if srv = b.balanced(); srv == nil {
			return false
		}
		b.counters.Balanced.Add(1)
		srv.counters.Balanced.Add(1)
	}
	st.serve(srv)
	return true
}

// persistent is the server that the client's cookie names, nil when there is none that can be used.
func (st *stream) persistent(head []byte) *server {
	b := st.back
	if b.cookie.Name == "" {
		return nil
	}
	value, ok := st.cookieValue(head, b.cookie.Name)
	if !ok {
		return nil
	}
	srv, down := b.byCookie(value)
	st.byCookie = srv != nil
	switch {
	case st.fromCookie == cookieIgnored: // the logs do not tell
	case down:
		st.fromCookie = cookieDown
	case srv == nil:
		st.fromCookie = cookieUnknown
	default:
		st.fromCookie = cookieValid
	}
	return srv
}

// cookieValue is what the first cookie of that name says of its server. It stays valid as long as head does.
func (st *stream) cookieValue(head []byte, name string) (value []byte, ok bool) {
	for i := range st.request.N {
		f := &st.request.Fields[i]
		if f.ID != http1.NameCookie {
			continue
		}
		if value, ok = cookie.Find(f.Value.In(head), name); !ok {
			continue
		}
		if st.back.cookie.Mode == conf.CookiePrefix {
			value, _, _ = cookie.Split(value)
		}
		return value, true
	}
	return nil, false
}
