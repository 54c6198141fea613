package http1

import (
	"strings"
	"testing"

	"lbmaster/worker/http1/framing"
	"lbmaster/worker/http1/lex"
)

// mark stands before the byte that makes the fault.
const mark = "»"

// misplaced are heads that can never become correct from the marked byte on, whatever follows it.
var misplaced = []struct {
	response bool
	text     string
	verdict  Verdict
	fault    lex.Fault
}{
	// What comes to a port of another protocol.
	{false, "»\x16\x03\x01\x02\x00\x01\x00\x01\xfc", BadRequest, lex.FaultMethod}, // TLS
	{false, "»\x00", BadRequest, lex.FaultMethod},
	{false, "GET»\x00", BadRequest, lex.FaultMethod},
	{false, "»\xff\xfb\x01", BadRequest, lex.FaultMethod}, // telnet
	{false, "SSH-2.0-x»\r", BadRequest, lex.FaultRequestLine},
	{false, "EHLO a»\r", BadRequest, lex.FaultRequestLine},
	{false, "\r\n»\x05\x01", BadRequest, lex.FaultMethod},

	{false, "» lex.GET", BadRequest, lex.FaultRequestLine},
	{false, "\r\n»\r", BadRequest, lex.FaultRequestLine},
	{false, "\r»x", BadRequest, lex.FaultLineEnd},
	{false, "»\n", BadRequest, lex.FaultLineEnd},
	{false, "\r\n»\n", BadRequest, lex.FaultLineEnd},
	{false, "GE»(", BadRequest, lex.FaultMethod},
	{false, "GET»\n", BadRequest, lex.FaultLineEnd},
	{false, "GET » ", BadRequest, lex.FaultRequestLine},
	{false, "GET »\t", BadRequest, lex.FaultTarget},
	{false, "GET /a»#", BadRequest, lex.FaultTarget},
	{false, "GET /a»\xff", BadRequest, lex.FaultTarget},
	{false, "GET /a » ", BadRequest, lex.FaultRequestLine},
	{false, "GET /a »i", BadRequest, lex.FaultVersion},
	{false, "GET /a HTT»/", BadRequest, lex.FaultVersion},
	{false, "GET /a HTTP/»x", BadRequest, lex.FaultVersion},
	{false, "GET /a HTTP/1.»\r", BadRequest, lex.FaultVersion},
	{false, "GET /a HTTP/1.1»1", BadRequest, lex.FaultVersion},
	{false, "GET /a HTTP/1.1» ", BadRequest, lex.FaultRequestLine},
	{false, "GET /a HTTP/1.1»\n", BadRequest, lex.FaultLineEnd},
	{false, "GET /a HTTP/1.1\r»\r", BadRequest, lex.FaultLineEnd},

	{false, "GET / HTTP/1.1\r\n» ", BadRequest, lex.FaultFolding},
	{false, "GET / HTTP/1.1\r\n»:", BadRequest, lex.FaultFieldName},
	{false, "GET / HTTP/1.1\r\nHost: a\r\n»\x00", BadRequest, lex.FaultFieldName},
	{false, "GET / HTTP/1.1\r\nHost» ", BadRequest, lex.FaultSpaceBeforeColon},
	{false, "GET / HTTP/1.1\r\nHost»\r", BadRequest, lex.FaultFieldName},
	{false, "GET / HTTP/1.1\r\nHost»\n", BadRequest, lex.FaultLineEnd},
	{false, "GET / HTTP/1.1\r\nHost: a»\n", BadRequest, lex.FaultLineEnd},
	{false, "GET / HTTP/1.1\r\nX: \xff\t12345678»\x7f", BadRequest, lex.FaultFieldValue},
	{false, "GET / HTTP/1.1\r\nX: 12345678\r»1", BadRequest, lex.FaultLineEnd},
	{false, "GET / HTTP/1.1\r\nX: y\r\n\r»x", BadRequest, lex.FaultLineEnd},
	{false, "GET / HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", lex.MaxFields) + "»X", FieldsTooLarge, lex.FaultTooManyFields},
	{false, "GET / HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", lex.MaxFields) + "\r»X", BadRequest, lex.FaultLineEnd},

	{true, "»SSH-2.0-OpenSSH", BadRequest, lex.FaultStatusLine},
	{true, "»\r\n", BadRequest, lex.FaultStatusLine},
	{true, "»\n", BadRequest, lex.FaultLineEnd},
	{true, "HTTP»:", BadRequest, lex.FaultStatusLine},
	{true, "HTTP/»2", BadRequest, lex.FaultVersion},
	{true, "HTTP/1»,", BadRequest, lex.FaultVersion},
	{true, "HTTP/1.»x", BadRequest, lex.FaultVersion},
	{true, "HTTP/1.1»\t", BadRequest, lex.FaultStatusLine},
	{true, "HTTP/1.1 »0", BadRequest, lex.FaultStatusLine},
	{true, "HTTP/1.1 20» ", BadRequest, lex.FaultStatusLine},
	{true, "HTTP/1.1 200»0", BadRequest, lex.FaultStatusLine},
	{true, "HTTP/1.1 200»\n", BadRequest, lex.FaultLineEnd},
	{true, "HTTP/1.1 200\r» ", BadRequest, lex.FaultLineEnd},
	{true, "HTTP/1.1 200 1234567890»\x01", BadRequest, lex.FaultStatusLine},
	{true, "HTTP/1.1 200 OK\r\nA» ", BadRequest, lex.FaultSpaceBeforeColon},
	{true, "HTTP/1.1 200 OK\r\nA: »\x1b", BadRequest, lex.FaultFieldValue},
}

// TestRefusedAtOnce: what can never become a head is refused with its first byte that says so, and with no earlier one.
func TestRefusedAtOnce(t *testing.T) {
	for _, tt := range misplaced {
		h := &Head{}
		parse := h.ParseRequest
		if tt.response {
			parse = func(b []byte) Verdict { return h.ParseResponse(b, lex.GET) }
		}
		before, after, _ := strings.Cut(tt.text, mark)
		if v := parseBytewise(before, parse); v != More {
			t.Errorf("%.80q: verdict %d, %v, before the mark", tt.text, v, h.Fault())
			continue
		}
		verdict := tt.verdict
		if tt.response {
			verdict = BadRequest
		}
		if v := parse([]byte(before + after[:1])); v != verdict || h.Fault() != tt.fault || h.FaultAt() != len(before) {
			t.Errorf("%.80q: verdict %d, %v, at %d; want %d, %v", tt.text, v, h.Fault(), h.FaultAt(), verdict, tt.fault)
		}
		h.Reset()
		if v := parse([]byte(before + after + "x\r\n\r\n")); v != verdict || h.Fault() != tt.fault || h.FaultAt() != len(before) {
			t.Errorf("%.80q complete: verdict %d, %v, at %d", tt.text, v, h.Fault(), h.FaultAt())
		}
	}
}

// TestPlace: also of a head whose lines are correct the place is told that is to blame.
func TestPlace(t *testing.T) {
	for _, tt := range []struct {
		text  string
		fault lex.Fault
	}{
		{"GET / HTTP/1.1\r\nX: y\r\n»\r\n", lex.FaultNoHost},
		{"GET »a:80 HTTP/1.1\r\nHost: a\r\n\r\n", lex.FaultTarget},
		{"\r\nGET »* HTTP/1.1\r\nHost: a\r\n\r\n", lex.FaultTarget},
		{"GET / HTTP/»2.0\r\nHost: a\r\n\r\n", lex.FaultVersion},
		{"GET http://b/ HTTP/1.1\r\nHost: »a\r\n\r\n", lex.FaultHostMismatch},
		{"GET / HTTP/1.1\r\nHost: a\r\n»Host: b\r\n\r\n", lex.FaultTwoHosts},
		{"GET / HTTP/1.1\r\nHost: a»/b\r\n\r\n", lex.FaultHost},
		{"GET / HTTP/1.1\r\nHost: »a:80:80\r\n\r\n", lex.FaultHost},
		{"GET / HTTP/1.1\r\nContent-Length: 5», 5\r\n\r\n", lex.FaultLength},
		{"GET / HTTP/1.1\r\nContent-Length: »9223372036854775808\r\n\r\n", lex.FaultLength},
		{"GET / HTTP/1.1\r\nContent-Length: 5\r\n»content-length: 5\r\n\r\n", lex.FaultTwoLengths},
		{"GET / HTTP/1.1\r\nTransfer-Encoding: »gzip\r\n\r\n", lex.FaultCoding},
		{"GET / HTTP/1.1\r\nHost: a\r\n»Transfer-Encoding: gzip, chunked\r\nX: y\r\n\r\n", lex.FaultCoding},
		{"GET / HTTP/1.1\r\nContent-Length: 5\r\nHost: a\r\n»Transfer-Encoding: chunked\r\nX: y\r\n\r\n", lex.FaultLengthAndCoding},
		{"GET / HTTP/1.0\r\n»Transfer-Encoding: chunked\r\n\r\n", lex.FaultCodingVersion},
		{"TRACE / HTTP/1.1\r\nHost: a\r\n»Content-Length: 1\r\nX: y\r\n\r\n", lex.FaultUnwantedBody},
	} {
		at := strings.Index(tt.text, mark)
		h := &Head{}
		h.ParseRequest([]byte(strings.Replace(tt.text, mark, "", 1)))
		if h.Fault() != tt.fault || h.FaultAt() != at {
			t.Errorf("%q: %v at %d, want %v at %d", tt.text, h.Fault(), h.FaultAt(), tt.fault, at)
		}
	}
	for _, text := range []string{"»x", "3\r\nabc»d", "3;»\x00", "3\r»\r", "3\r\nabc\r\n0\r\nX» ", "0\r\n\r»x"} {
		at, b := int64(strings.Index(text, mark)), &framing.Body{}
		b.Start(framing.Chunked, 0)
		if _, _, f := b.Consume([]byte(strings.Replace(text, mark, "", 1))); f == 0 || b.Fault() != f || b.FaultAt() != at {
			t.Errorf("%q: %v, %v at %d, want %d", text, f, b.Fault(), b.FaultAt(), at)
		}
	}
	h := &Head{}
	h.ParseRequest([]byte("GET /aaaaaaaaaaaaaaaa"))
	if h.Overflow(10); h.Fault() != lex.FaultTooLarge || h.FaultAt() != 10 {
		t.Errorf("%v at %d", h.Fault(), h.FaultAt())
	}
}
