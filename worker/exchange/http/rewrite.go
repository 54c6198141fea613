package http

import (
	"lbmaster/conf"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/cookie"
	"lbmaster/worker/http1"
	"lbmaster/worker/http1/lex"
)

// notForwarded is the set of request fields that are looked at one by one: those that concern one connection only
// (RFC 9110 section 7.6.1), and the cookies.
const notForwarded = 1<<lex.NameConnection | 1<<lex.NameKeepAlive | 1<<lex.NameProxyConnection |
	1<<lex.NameUpgrade | 1<<lex.NameTE | 1<<lex.NameCookie

// writeRequest appends the request's head to dst, which has room for it. Everything that need not change is copied as
// it came, in order; what is added comes last.
func (x *Exchange) writeRequest(dst, head []byte) []byte {
	r := &x.request
	nominates := r.Flags&http1.Nominates != 0
	forward := x.Client.Front.Forward
	tells := forward != nil && x.forwards(forward, head)
	replaces := tells && forward.Replaces
	begin, from := len(dst), int(r.Method.Off)
	for i := range r.N {
		f := &r.Fields[i]
		if notForwarded&(1<<f.ID) == 0 && !(nominates && r.Nominated(head, f)) && !(replaces && tellsClient(forward, f, head)) {
			continue
		}
		if f.ID == lex.NameUpgrade && x.upgrade {
			continue
		}
		dst = append(dst, head[from:f.Start]...)
		from = f.End(head)
		if f.ID == lex.NameCookie {
			dst = x.writeCookie(dst, head, f)
		}
	}
	dst = append(dst, head[from:r.Size-2]...)
	dst[begin+r.MinorAt-int(r.Method.Off)] = '0' + r.Minor // of a version beyond 1.1 we speak 1.1 (RFC 9110 section 2.5)
	if tells {
		dst = x.appendClient(dst)
	}
	dst = append(dst, x.serverConnection()...)
	return append(dst, "\r\n"...)
}

// serverConnection is the Connection field of the request, and TE, which it has to name; "" when the version says it already.
//
// Of what a client takes in TE only trailers pass through us: we do not know other codings (RFC 9110 section 10.1.4).
func (x *Exchange) serverConnection() string {
	trailers := 0
	if x.request.Flags&http1.TETrailers != 0 && x.request.Minor == 1 {
		trailers = 1
	}
	switch {
	case x.Client.Front.HTTPClose:
		return [...]string{"Connection: close\r\n", "TE: trailers\r\nConnection: close, TE\r\n"}[trailers]
	case x.upgrade:
		return [...]string{"Connection: upgrade\r\n", "TE: trailers\r\nConnection: upgrade, TE\r\n"}[trailers]
	case x.request.Minor == 0:
		return "Connection: keep-alive\r\n"
	}
	return [...]string{"", "TE: trailers\r\nConnection: TE\r\n"}[trailers]
}

// writeCookie appends a Cookie field as the server is to see it. A field of which nothing is left is left out.
func (x *Exchange) writeCookie(dst, head []byte, f *http1.Field) []byte {
	c := &x.Back.Cookie
	at := len(dst)
	switch {
	case c.Mode == conf.CookiePrefix:
		dst = append(dst, head[f.Start:f.Value.Off]...)
		dst = cookie.AppendStripped(dst, f.Value.In(head), c.Name)
	case c.Mode == conf.CookieInsert && c.Indirect:
		dst = append(dst, head[f.Start:f.Value.Off]...)
		value := len(dst)
		var removed bool
		dst, removed = cookie.AppendWithout(dst, f.Value.In(head), c.Name)
		if removed && len(dst) == value {
			return dst[:at]
		}
	default:
		return append(dst, head[f.Start:f.End(head)]...)
	}
	return append(dst, "\r\n"...)
}

// notReturned is the set of response fields that are looked at one by one.
const notReturned = 1<<lex.NameConnection | 1<<lex.NameKeepAlive | 1<<lex.NameProxyConnection |
	1<<lex.NameUpgrade | 1<<lex.NameSetCookie

// notReturned is that set for this response: of the fields that tell the framing none returns to a client that they would confuse.
func (x *Exchange) notReturned() int {
	switch {
	case x.response.Flags&http1.Bare != 0: // RFC 9110 section 8.6, RFC 9112 section 6.1
		return notReturned | 1<<lex.NameContentLength | 1<<lex.NameTransferEncoding
	case x.request.Minor == 0: // it gets no chunks (RFC 9112 section 6.1)
		return notReturned | 1<<lex.NameTransferEncoding | 1<<lex.NameTrailer
	}
	return notReturned
}

// writeResponse appends the response's head to dst.
func (x *Exchange) writeResponse(dst, head []byte, connection string) []byte {
	r := &x.response
	nominates, special := r.Flags&http1.Nominates != 0, x.notReturned()
	begin, from := len(dst), 0
	if code := r.MinorAt + len("1 200"); head[code] == '\r' { // the blank before the reason phrase is part of the status line, without one too
		dst = append(append(dst, head[:code]...), ' ')
		from = code
	}
	for i := range r.N {
		f := &r.Fields[i]
		if special&(1<<f.ID) == 0 && !(nominates && r.Nominated(head, f)) {
			continue
		}
		if f.ID == lex.NameUpgrade && r.Status == 101 || f.ID == lex.NameSetCookie && !x.owns(f.Value.In(head)) {
			continue
		}
		dst = append(dst, head[from:f.Start]...)
		from = f.End(head)
		if f.ID == lex.NameSetCookie {
			dst = x.writeSetCookie(dst, head, f)
		}
	}
	dst = append(dst, head[from:r.Size-2]...)
	dst[begin+r.MinorAt] = '0' + r.Minor
	if x.inserts() {
		dst = append(dst, x.Server.SetCookie...)
		x.ToCookie = accesslog.SetInserted
	}
	dst = append(dst, connection...)
	return append(dst, "\r\n"...)
}

// owns says that a Set-Cookie field sets the persistence cookie.
func (x *Exchange) owns(setCookie []byte) bool {
	return x.Back.Cookie.Name != "" && string(cookie.Name(setCookie)) == x.Back.Cookie.Name
}

// writeSetCookie appends the server's own Set-Cookie field of the persistence cookie as the client is to see it, if at
// all.
func (x *Exchange) writeSetCookie(dst, head []byte, f *http1.Field) []byte {
	c := &x.Back.Cookie
	switch {
	case c.Mode == conf.CookieInsert, c.Indirect && x.ByCookie:
		x.setTo(accesslog.SetDeleted)
		return dst
	case c.Mode == conf.CookieRewrite && x.Server.Cookie != "":
		dst = append(dst, head[f.Start:f.Value.Off]...)
		dst = cookie.AppendReplaced(dst, f.Value.In(head), x.Server.Cookie)
	case c.Mode == conf.CookiePrefix && x.Server.Cookie != "":
		dst = append(dst, head[f.Start:f.Value.Off]...)
		dst = cookie.AppendPrefixed(dst, f.Value.In(head), x.Server.Cookie)
	default:
		x.setTo(accesslog.SetPassed)
		return append(dst, head[f.Start:f.End(head)]...)
	}
	x.setTo(accesslog.SetReplaced)
	return append(dst, "\r\n"...)
}

// setTo notes what happened to the server's cookie, if the logs tell of it.
func (x *Exchange) setTo(what accesslog.ToCookie) {
	if x.ToCookie != accesslog.SetIgnored {
		x.ToCookie = what
	}
}

// inserts says that the response brings the client its cookie: the client came without one that chose this server. Interim responses do not
// bring the cookie; 101 is final (RFC 9110 section 15.2.2), what follows is the tunnel.
func (x *Exchange) inserts() bool {
	c, status := &x.Back.Cookie, x.response.Status
	return c.Mode == conf.CookieInsert && !x.ByCookie && (status >= 200 || status == 101) &&
		(!c.PostOnly || x.request.MethodID == lex.POST)
}
