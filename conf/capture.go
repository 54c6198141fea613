package conf

import (
	"strconv"

	"lbmaster/conf/key"
	"lbmaster/conf/raw"
	"lbmaster/conf/valid"
)

const (
	captureLen = 64  // default of a capture's len, in bytes
	maxCapture = 256 // and the most
	maxHeaders = 16  // captured headers of a request or a response
)

// captures reads what httplog is to show.
func (p *parser) captures(t *table) Captures {
	c := Captures{RequestHeaders: p.captureHeaders(t, "capture_request_headers"), ResponseHeaders: p.captureHeaders(t, "capture_response_headers")}
	if sub, ok := t.sub("capture_cookie", key.InCapture); ok {
		cookie := capture(sub)
		c.Cookie = &cookie
	}
	return c
}

func (p *parser) captureHeaders(t *table, name string) []Capture {
	tables, in := t.tables(name, key.InCapture, `{ name = "Host", len = 64 }`)
	if len(tables) > maxHeaders {
		in.wrong(name, "%d headers: at most %d are possible", len(tables), maxHeaders)
	}
	var all []Capture
	for _, sub := range tables {
		all = append(all, capture(sub))
	}
	return all
}

func capture(t *table) Capture {
	c := Capture{Name: t.str("name", ""), Len: t.number("len", captureLen, 1, maxCapture)}
	if !valid.Token(c.Name) && !(len(c.Name) > 1 && c.Name[len(c.Name)-1] == '=' && valid.Token(c.Name[:len(c.Name)-1])) {
		t.wrong("name", "%q is not a name to capture", c.Name)
	}
	return c
}

// tables reads a list of tables, each with its keys checked. Example shows what one looks like.
func (t *table) tables(name string, scope key.Scope, example string) (all []*table, in *table) {
	v, in, ok := t.find(name)
	if !ok {
		return nil, in
	}
	for i, values := range raw.Tables(v) {
		sub := &table{parser: t.parser, path: in.key(name) + "[" + strconv.Itoa(i) + "]", scope: scope, values: values}
		sub.checkKeys("")
		all = append(all, sub)
	}
	if list, isList := v.([]any); len(all) == 0 && !(isList && len(list) == 0) {
		in.wrong(name, "%s where a list of tables is expected, like [%s]", raw.KindOf(v), example)
	}
	return all, in
}
