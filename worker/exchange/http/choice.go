package http

import (
	"lbmaster/conf"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/cookie"
	"lbmaster/worker/http1/lex"
	"lbmaster/worker/upstream"
)

// choose finds the server for the request: the one that the client's cookie names, else one that knows the client's connection,
// else the one whose turn it is. It reports false when there is none.
func (x *Exchange) choose() bool {
	b := x.Client.Front.Back
	x.Enter(b)
	if b.Cookie.Mode != conf.CookiePlain || b.Cookie.Indirect {
		x.FromCookie, x.ToCookie = accesslog.CookieNone, accesslog.SetNone
	}
	return x.Choose(x.prefer(x.named(x.Client.In.Bytes())))
}

// named is the server that the client's cookie names, nil when there is none that can be used. Of several cookies of the name the
// first one that names such a server counts: browsers send a stale one too when their paths differ.
func (x *Exchange) named(head []byte) *upstream.Server {
	if x.Back.Cookie.Name == "" {
		return nil
	}
	for i := range x.request.N {
		f := &x.request.Fields[i]
		if f.ID != lex.NameCookie {
			continue
		}
		if srv := x.namedIn(f.Value.In(head)); srv != nil {
			return srv
		}
	}
	return nil
}

// namedIn is the server that a Cookie field names, nil when there is none that can be used.
func (x *Exchange) namedIn(field []byte) *upstream.Server {
	b := x.Back
	values := cookie.ValuesOf(field, b.Cookie.Name)
	for value, ok := values.Next(); ok; value, ok = values.Next() {
		if b.Cookie.Mode == conf.CookiePrefix {
			value, _, _ = cookie.Split(value)
		}
		srv, down := b.ByCookie(value)
		x.noteCookie(srv != nil, down)
		if srv != nil {
			x.ByCookie = true
			return srv
		}
	}
	return nil
}

// noteCookie notes what became of one of the client's cookies, if the logs tell.
func (x *Exchange) noteCookie(found, down bool) {
	switch {
	case x.FromCookie == accesslog.CookieIgnored:
	case down:
		x.FromCookie = accesslog.CookieDown
	case found:
		x.FromCookie = accesslog.CookieValid
	case x.FromCookie != accesslog.CookieDown:
		x.FromCookie = accesslog.CookieUnknown
	}
}
