package proxy

import (
	"lbmaster/conf"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/cookie"
	"lbmaster/worker/http1"
	"lbmaster/worker/upstream"
)

// choose finds the server for the request: the one that the client's cookie names, else one that knows the client's connection,
// else the one whose turn it is. It reports false when there is none.
func (s *session) choose() bool {
	st := s.stream
	b := s.front.back
	b.Refresh()
	b.Counters.Requests.Add(1)
	b.Gauges.Sessions.Add(1)
	st.back = b
	st.tries = b.Retries
	if st.heads != nil && (b.Cookie.Mode != conf.CookiePlain || b.Cookie.Indirect) {
		st.fromCookie, st.toCookie = accesslog.CookieNone, accesslog.SetNone
	}
	var srv *upstream.Server
	if st.heads != nil {
		srv = s.prefer(st.persistent(s.client.In.Bytes()))
	}
	if srv == nil {
		if srv = b.Balanced(); srv == nil {
			return false
		}
		b.Counters.Balanced.Add(1)
		srv.Counters.Balanced.Add(1)
	}
	st.serve(srv)
	return true
}

// persistent is the server that the client's cookie names, nil when there is none that can be used. Of several cookies of the name the
// first one that names such a server counts: browsers send a stale one too when their paths differ.
func (st *stream) persistent(head []byte) *upstream.Server {
	if st.back.Cookie.Name == "" {
		return nil
	}
	for i := range st.request.N {
		f := &st.request.Fields[i]
		if f.ID != http1.NameCookie {
			continue
		}
		if srv := st.named(f.Value.In(head)); srv != nil {
			return srv
		}
	}
	return nil
}

// named is the server that a Cookie field names, nil when there is none that can be used.
func (st *stream) named(field []byte) *upstream.Server {
	b := st.back
	values := cookie.ValuesOf(field, b.Cookie.Name)
	for value, ok := values.Next(); ok; value, ok = values.Next() {
		if b.Cookie.Mode == conf.CookiePrefix {
			value, _, _ = cookie.Split(value)
		}
		srv, down := b.ByCookie(value)
		st.noteCookie(srv != nil, down)
		if srv != nil {
			st.byCookie = true
			return srv
		}
	}
	return nil
}

// noteCookie notes what became of one of the client's cookies, if the logs tell.
func (st *stream) noteCookie(found, down bool) {
	switch {
	case st.fromCookie == accesslog.CookieIgnored:
	case down:
		st.fromCookie = accesslog.CookieDown
	case found:
		st.fromCookie = accesslog.CookieValid
	case st.fromCookie != accesslog.CookieDown:
		st.fromCookie = accesslog.CookieUnknown
	}
}
