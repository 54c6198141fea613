package http1

import (
	"testing"

	"lbmaster/worker/http1/framing"
	"lbmaster/worker/http1/lex"
)

func TestGoodResponses(t *testing.T) {
	for _, tt := range []struct {
		request lex.Method
		text    string
		want    string
	}{
		{lex.GET, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", `200 "OK" 1.1 length 5 [Content-Length=5]`},
		{lex.GET, "HTTP/1.1 200\r\n\r\n", `200 "" 1.1 until close`},
		{lex.GET, "HTTP/1.1 200 \r\n\r\n", `200 "" 1.1 until close`},
		{lex.GET, "HTTP/1.1 999 H\xe9 \t!\r\n\r\n", `999 "H\xe9 \t!" 1.1 until close`},
		{lex.GET, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", `200 "OK" 1.0 +keep-alive [Connection=keep-alive] [Content-Length=0]`},
		{lex.GET, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", `200 "OK" 1.1 chunked [Transfer-Encoding=chunked]`},
		{lex.HEAD, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", `200 "OK" 1.1 [Transfer-Encoding=chunked]`},
		{lex.GET, "HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n\r\n", `304 "x" 1.1 [Transfer-Encoding=chunked]`},
		{lex.HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", `200 "OK" 1.1 [Content-Length=7]`},
		{lex.GET, "HTTP/1.1 100 Continue\r\n\r\n", `100 "Continue" 1.1`},
		{lex.GET, "HTTP/1.1 204 No Content\r\n\r\n", `204 "No Content" 1.1`},
		{lex.GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", `304 "Not Modified" 1.1 [Content-Length=7]`},
		{lex.CONNECT, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", `200 "OK" 1.1 [Content-Length=7]`},
		{lex.CONNECT, "HTTP/1.1 403 No\r\nContent-Length: 7\r\n\r\n", `403 "No" 1.1 length 7 [Content-Length=7]`},
	} {
		h := &Head{}
		parse := func(b []byte) Verdict { return h.ParseResponse(b, tt.request) }
		if v := parse([]byte(tt.text + "more")); v != Done {
			t.Errorf("%q: verdict %d, %v", tt.text, v, h.Fault())
			continue
		}
		if got := show(h, []byte(tt.text)); got != tt.want {
			t.Errorf("%q\n got %s\nwant %s", tt.text, got, tt.want)
		}
		h.Reset()
		if v := parseBytewise(tt.text, parse); v != Done || show(h, []byte(tt.text)) != tt.want {
			t.Errorf("%q byte by byte: verdict %d, %s", tt.text, v, show(h, []byte(tt.text)))
		}
	}
}

// TestBare: what ends with its head does so whatever it says, and tells when more may follow than that.
func TestBare(t *testing.T) {
	for _, tt := range []struct {
		request  lex.Method
		text     string
		bare     bool
		overhang bool
	}{
		{lex.GET, "HTTP/1.1 204 x\r\n\r\n", true, false},
		{lex.GET, "HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n", true, false},
		{lex.GET, "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n", true, true},
		{lex.GET, "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n", true, true},
		{lex.GET, "HTTP/1.0 204 x\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 0\r\n\r\n", true, true},
		{lex.GET, "HTTP/1.1 100 x\r\nTransfer-Encoding: chunked\r\n\r\n", true, true},
		{lex.CONNECT, "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n", true, true},
		{lex.GET, "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", false, false},
		{lex.HEAD, "HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\n", false, false},
		{lex.CONNECT, "HTTP/1.1 400 x\r\nContent-Length: 5\r\n\r\n", false, false},
	} {
		h := &Head{}
		v := h.ParseResponse([]byte(tt.text), tt.request)
		if v != Done || h.Flags&Bare != 0 != tt.bare || h.Flags&Overhang != 0 != tt.overhang || tt.bare && h.Framing != framing.None {
			t.Errorf("%q: verdict %d, bare %v, overhang %v, framing %d", tt.text, v, h.Flags&Bare != 0, h.Flags&Overhang != 0, h.Framing)
		}
	}
}

func TestBadResponses(t *testing.T) {
	for _, tt := range []struct {
		text  string
		fault lex.Fault
	}{
		{"hello\r\n\r\n", lex.FaultStatusLine},
		{"\r\nHTTP/1.1 200 OK\r\n\r\n", lex.FaultStatusLine},
		{"HTTP/1.1  200 OK\r\n\r\n", lex.FaultStatusLine},
		{"HTTP/1.1 20 OK\r\n\r\n", lex.FaultStatusLine},
		{"HTTP/1.1 2000 OK\r\n\r\n", lex.FaultStatusLine},
		{"HTTP/1.1 020 OK\r\n\r\n", lex.FaultStatusLine},
		{"HTTP/1.1 2x0 OK\r\n\r\n", lex.FaultStatusLine},
		{"HTTP/1.1 200 O\x00K\r\n\r\n", lex.FaultStatusLine},
		{"HTTP/2.0 200 OK\r\n\r\n", lex.FaultVersion},
		{"HTTP/1.1 200 OK\n\r\n", lex.FaultLineEnd},
		{"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", lex.FaultSpaceBeforeColon},
		{"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", lex.FaultFolding},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", lex.FaultTwoLengths},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", lex.FaultLengthAndCoding},
		{"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", lex.FaultCodingVersion},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", lex.FaultCoding},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", lex.FaultCoding},
		{"HTTP/1.1 304 x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", lex.FaultLengthAndCoding},
	} {
		h := &Head{}
		if v := h.ParseResponse([]byte(tt.text), lex.GET); v != BadRequest || h.Fault() != tt.fault {
			t.Errorf("%q: verdict %d, %q; want %q", tt.text, v, h.Fault(), tt.fault)
		}
	}
}
