package accesslog

import (
	"lbmaster/conf"
	"lbmaster/worker/cookie"
	"lbmaster/worker/http1"
	"lbmaster/worker/http1/lex"
	"lbmaster/worker/logline"
)

// Trace is what the log line of a request tells that its stream has forgotten by then. It is borrowed from the frontend.
type Trace struct {
	line              []byte // of the request
	cookie, setCookie []byte // captured; empty: none
	request, response *logline.Captures
}

// newTrace takes a trace from the free list.
func (l *Log) newTrace() *Trace {
	t := l.traces.Take()
	if t == nil {
		t = &Trace{line: make([]byte, 0, logline.MaxRequestLine)}
		if c := l.capture.Cookie; c != nil {
			t.cookie, t.setCookie = make([]byte, 0, c.Len), make([]byte, 0, c.Len)
		}
		t.request, t.response = captures(l.capture.RequestHeaders), captures(l.capture.ResponseHeaders)
		return t
	}
	return t
}

// captures is nil when there is nothing to capture.
func captures(headers []conf.Capture) *logline.Captures {
	if len(headers) == 0 {
		return nil
	}
	var all []logline.Header
	for _, h := range headers {
		all = append(all, logline.Header{Name: h.Name, Len: h.Len})
	}
	return logline.NewCaptures(all)
}

// Forget gives a trace back.
func (l *Log) Forget(t *Trace) {
	if t == nil {
		return
	}
	t.line, t.cookie, t.setCookie = t.line[:0], t.cookie[:0], t.setCookie[:0]
	if t.request != nil {
		t.request.Reset()
	}
	if t.response != nil {
		t.response.Reset()
	}
	l.traces.Put(t)
}

// Request remembers of a complete head what the line will tell. It returns nil when no line will.
func (l *Log) Request(r *http1.Head, head []byte) *Trace {
	if !l.Streams() {
		return nil
	}
	t := l.newTrace()
	t.line = keep(t.line, head[r.Method.Off:r.LineEnd-2])
	if c := l.capture.Cookie; c != nil {
		t.cookie = keep(t.cookie, findPair(r, head, lex.NameCookie, c.Name))
	}
	see(t.request, r, head)
	return t
}

// Response remembers of a final response's head what the line will tell.
func (l *Log) Response(t *Trace, r *http1.Head, head []byte) {
	if t == nil {
		return
	}
	if c := l.capture.Cookie; c != nil {
		t.setCookie = keep(t.setCookie, findPair(r, head, lex.NameSetCookie, c.Name))
	}
	see(t.response, r, head)
}

// Tell adds what is remembered to the record of the line.
func (t *Trace) Tell(r *logline.Record) {
	if t != nil {
		r.RequestLine, r.RequestCookie, r.ResponseCookie = t.line, t.cookie, t.setCookie
		r.RequestHeaders, r.ResponseHeaders = t.request, t.response
	}
}

// keep is as much of text as to has room for.
func keep(to, text []byte) []byte { return append(to[:0], text[:min(len(text), cap(to))]...) }

// findPair is the first cookie of a captured name in the fields of an identity.
func findPair(h *http1.Head, head []byte, id lex.Name, name string) []byte {
	for i := range h.N {
		f := &h.Fields[i]
		if f.ID != id {
			continue
		}
		field := f.Value.In(head)
		if id == lex.NameSetCookie {
			field = cookie.Pair(field)
		}
		if pair := cookie.FindPair(field, name); pair != nil {
			return pair
		}
	}
	return nil
}

// see shows all fields of a head to captures.
func see(c *logline.Captures, h *http1.Head, head []byte) {
	if c == nil {
		return
	}
	for i := range h.N {
		f := &h.Fields[i]
		c.See(f.Name().In(head), f.Value.In(head))
	}
}
