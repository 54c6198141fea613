package http1

import (
	"strings"
	"testing"
)

// mark stands before the byte that makes the fault.
const mark = "»"

// misplaced are heads that can never become correct from the marked byte on, whatever follows it.
var misplaced = []struct {
	response bool
	text     string
	verdict  Verdict
	fault    Fault
}{
	// What comes to a port of another protocol.
	{false, "»\x16\x03\x01\x02\x00\x01\x00\x01\xfc", BadRequest, FaultMethod}, // TLS
	{false, "»\x00", BadRequest, FaultMethod},
	{false, "GET»\x00", BadRequest, FaultMethod},
	{false, "»\xff\xfb\x01", BadRequest, FaultMethod}, // telnet
	{false, "SSH-2.0-x»\r", BadRequest, FaultRequestLine},
	{false, "EHLO a»\r", BadRequest, FaultRequestLine},
	{false, "\r\n»\x05\x01", BadRequest, FaultMethod},

	{false, "» GET", BadRequest, FaultRequestLine},
	{false, "\r\n»\r", BadRequest, FaultRequestLine},
	{false, "\r»x", BadRequest, FaultLineEnd},
	{false, "»\n", BadRequest, FaultLineEnd},
	{false, "\r\n»\n", BadRequest, FaultLineEnd},
	{false, "GE»(", BadRequest, FaultMethod},
	{false, "GET»\n", BadRequest, FaultLineEnd},
	{false, "GET » ", BadRequest, FaultRequestLine},
	{false, "GET »\t", BadRequest, FaultTarget},
	{false, "GET /a»#", BadRequest, FaultTarget},
	{false, "GET /a»\xff", BadRequest, FaultTarget},
	{false, "GET /a » ", BadRequest, FaultRequestLine},
	{false, "GET /a »i", BadRequest, FaultVersion},
	{false, "GET /a HTT»/", BadRequest, FaultVersion},
	{false, "GET /a HTTP/»x", BadRequest, FaultVersion},
	{false, "GET /a HTTP/1.»\r", BadRequest, FaultVersion},
	{false, "GET /a HTTP/1.1»1", BadRequest, FaultVersion},
	{false, "GET /a HTTP/1.1» ", BadRequest, FaultRequestLine},
	{false, "GET /a HTTP/1.1»\n", BadRequest, FaultLineEnd},
	{false, "GET /a HTTP/1.1\r»\r", BadRequest, FaultLineEnd},

	{false, "GET / HTTP/1.1\r\n» ", BadRequest, FaultFolding},
	{false, "GET / HTTP/1.1\r\n»:", BadRequest, FaultFieldName},
	{false, "GET / HTTP/1.1\r\nHost: a\r\n»\x00", BadRequest, FaultFieldName},
	{false, "GET / HTTP/1.1\r\nHost» ", BadRequest, FaultSpaceBeforeColon},
	{false, "GET / HTTP/1.1\r\nHost»\r", BadRequest, FaultFieldName},
	{false, "GET / HTTP/1.1\r\nHost»\n", BadRequest, FaultLineEnd},
	{false, "GET / HTTP/1.1\r\nHost: a»\n", BadRequest, FaultLineEnd},
	{false, "GET / HTTP/1.1\r\nX: \xff\t12345678»\x7f", BadRequest, FaultFieldValue},
	{false, "GET / HTTP/1.1\r\nX: 12345678\r»1", BadRequest, FaultLineEnd},
	{false, "GET / HTTP/1.1\r\nX: y\r\n\r»x", BadRequest, FaultLineEnd},
	{false, "GET / HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", MaxFields) + "»X", FieldsTooLarge, FaultTooManyFields},
	{false, "GET / HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", MaxFields) + "\r»X", BadRequest, FaultLineEnd},

	{true, "»SSH-2.0-OpenSSH", BadRequest, FaultStatusLine},
	{true, "»\r\n", BadRequest, FaultStatusLine},
	{true, "»\n", BadRequest, FaultLineEnd},
	{true, "HTTP»:", BadRequest, FaultStatusLine},
	{true, "HTTP/»2", BadRequest, FaultVersion},
	{true, "HTTP/1»,", BadRequest, FaultVersion},
	{true, "HTTP/1.»x", BadRequest, FaultVersion},
	{true, "HTTP/1.1»\t", BadRequest, FaultStatusLine},
	{true, "HTTP/1.1 »0", BadRequest, FaultStatusLine},
	{true, "HTTP/1.1 20» ", BadRequest, FaultStatusLine},
	{true, "HTTP/1.1 200»0", BadRequest, FaultStatusLine},
	{true, "HTTP/1.1 200»\n", BadRequest, FaultLineEnd},
	{true, "HTTP/1.1 200\r» ", BadRequest, FaultLineEnd},
	{true, "HTTP/1.1 200 1234567890»\x01", BadRequest, FaultStatusLine},
	{true, "HTTP/1.1 200 OK\r\nA» ", BadRequest, FaultSpaceBeforeColon},
	{true, "HTTP/1.1 200 OK\r\nA: »\x1b", BadRequest, FaultFieldValue},
}

// TestRefusedAtOnce: what can never become a head is refused with its first byte that says so, and with no earlier one.
func TestRefusedAtOnce(t *testing.T) {
	for _, tt := range misplaced {
		h := &Head{}
		parse := h.ParseRequest
		if tt.response {
			parse = func(b []byte) Verdict { return h.ParseResponse(b, GET) }
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
		fault Fault
	}{
		{"GET / HTTP/1.1\r\nX: y\r\n»\r\n", FaultNoHost},
		{"GET »a:80 HTTP/1.1\r\nHost: a\r\n\r\n", FaultTarget},
		{"\r\nGET »* HTTP/1.1\r\nHost: a\r\n\r\n", FaultTarget},
		{"GET / HTTP/»2.0\r\nHost: a\r\n\r\n", FaultVersion},
		{"GET http://b/ HTTP/1.1\r\nHost: »a\r\n\r\n", FaultHostMismatch},
		{"GET / HTTP/1.1\r\nHost: a\r\n»Host: b\r\n\r\n", FaultTwoHosts},
		{"GET / HTTP/1.1\r\nHost: a»/b\r\n\r\n", FaultHost},
		{"GET / HTTP/1.1\r\nHost: »a:80:80\r\n\r\n", FaultHost},
		{"GET / HTTP/1.1\r\nContent-Length: 5», 5\r\n\r\n", FaultLength},
		{"GET / HTTP/1.1\r\nContent-Length: »9223372036854775808\r\n\r\n", FaultLength},
		{"GET / HTTP/1.1\r\nContent-Length: 5\r\n»content-length: 5\r\n\r\n", FaultTwoLengths},
		{"GET / HTTP/1.1\r\nTransfer-Encoding: »gzip\r\n\r\n", FaultCoding},
		{"GET / HTTP/1.1\r\nHost: a\r\n»Transfer-Encoding: gzip, chunked\r\nX: y\r\n\r\n", FaultCoding},
		{"GET / HTTP/1.1\r\nContent-Length: 5\r\nHost: a\r\n»Transfer-Encoding: chunked\r\nX: y\r\n\r\n", FaultLengthAndCoding},
		{"GET / HTTP/1.0\r\n»Transfer-Encoding: chunked\r\n\r\n", FaultCodingVersion},
		{"TRACE / HTTP/1.1\r\nHost: a\r\n»Content-Length: 1\r\nX: y\r\n\r\n", FaultUnwantedBody},
	} {
		at := strings.Index(tt.text, mark)
		h := &Head{}
		h.ParseRequest([]byte(strings.Replace(tt.text, mark, "", 1)))
		if h.Fault() != tt.fault || h.FaultAt() != at {
			t.Errorf("%q: %v at %d, want %v at %d", tt.text, h.Fault(), h.FaultAt(), tt.fault, at)
		}
	}
	for _, text := range []string{"»x", "3\r\nabc»d", "3;»\x00", "3\r»\r", "3\r\nabc\r\n0\r\nX» ", "0\r\n\r»x"} {
		at, b := int64(strings.Index(text, mark)), &Body{}
		b.Start(Chunked, 0)
		if _, _, f := b.Consume([]byte(strings.Replace(text, mark, "", 1))); f == 0 || b.Fault() != f || b.FaultAt() != at {
			t.Errorf("%q: %v, %v at %d, want %d", text, f, b.Fault(), b.FaultAt(), at)
		}
	}
	h := &Head{}
	h.ParseRequest([]byte("GET /aaaaaaaaaaaaaaaa"))
	if h.Overflow(10); h.Fault() != FaultTooLarge || h.FaultAt() != 10 {
		t.Errorf("%v at %d", h.Fault(), h.FaultAt())
	}
}
