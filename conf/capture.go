package conf

import (
	"lbmaster/conf/key"
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
	if sub, ok := t.Sub("capture_cookie", key.InCapture); ok {
		cookie := capture(sub)
		c.Cookie = &cookie
	}
	return c
}

func (p *parser) captureHeaders(t *table, name string) []Capture {
	tables, in := t.Tables(name, key.InCapture, `{ name = "Host", len = 64 }`)
	if len(tables) > maxHeaders {
		in.Wrong(name, "%d headers: at most %d are possible", len(tables), maxHeaders)
	}
	var all []Capture
	for _, sub := range tables {
		all = append(all, capture(sub))
	}
	return all
}

func capture(t *table) Capture {
	c := Capture{Name: t.Str("name", ""), Len: t.Number("len", captureLen, 1, maxCapture)}
	if !valid.Token(c.Name) && !(len(c.Name) > 1 && c.Name[len(c.Name)-1] == '=' && valid.Token(c.Name[:len(c.Name)-1])) {
		t.Wrong("name", "%q is not a name to capture", c.Name)
	}
	return c
}
