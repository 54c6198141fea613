package http1

import (
	"fmt"
	"strings"
	"testing"

	"lbmaster/worker/http1/framing"
	"lbmaster/worker/http1/lex"
)

// badRequests are requests that must be refused, and why. A name is not needed: the text is the name.
var badRequests = []struct {
	text    string
	verdict Verdict
	fault   lex.Fault
}{
	// The request line.
	{"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultRequestLine},
	{"GET\r\n\r\n", BadRequest, lex.FaultRequestLine},
	{"GET /\r\n\r\n", BadRequest, lex.FaultRequestLine},
	{" lex.GET / HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultRequestLine},
	{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultRequestLine},
	{"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultRequestLine},
	{"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", BadRequest, lex.FaultRequestLine},
	{"GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultMethod},
	{"GET / x HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultVersion},
	{"G\x00T / HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultMethod},
	{"GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultMethod},
	{"G\xc3\x89T / HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultMethod},
	{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\n", BadRequest, lex.FaultMethod},
	{"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"GET /#top HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultRequestLine},
	{"GET index.html HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"GET * HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"GET http:// HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"GET http://:80/ HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultHostMismatch},
	{"GET http://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultHostMismatch},
	{"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"CONNECT a:0 HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"CONNECT a:65536 HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"CONNECT :80 HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},
	{"CONNECT http://a:80 HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTarget},

	// The version.
	{"GET / HTTP/1.1x\r\nHost: a\r\n\r\n", BadRequest, lex.FaultVersion},
	{"GET / HTTP/11\r\nHost: a\r\n\r\n", BadRequest, lex.FaultVersion},
	{"GET / HTTP/1.10\r\nHost: a\r\n\r\n", BadRequest, lex.FaultVersion},
	{"GET / HTTP/1.\r\nHost: a\r\n\r\n", BadRequest, lex.FaultVersion},
	{"GET / HTTP/1,1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultVersion},
	{"GET / http/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultVersion},
	{"GET / HTTP/ 1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultRequestLine},
	{"GET / ICY/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultVersion},
	{"GET / HTTP/0.9\r\n\r\n", VersionNotSupported, lex.FaultVersion},
	{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", VersionNotSupported, lex.FaultVersion},
	{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", VersionNotSupported, lex.FaultVersion},

	// Line ends.
	{"GET / HTTP/1.1\nHost: a\r\n\r\n", BadRequest, lex.FaultLineEnd},
	{"GET / HTTP/1.1\r\nHost: a\n\r\n", BadRequest, lex.FaultLineEnd},
	{"GET / HTTP/1.1\r\nHost: a\r\n\n", BadRequest, lex.FaultLineEnd},
	{"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", BadRequest, lex.FaultLineEnd},
	{"GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n", BadRequest, lex.FaultLineEnd},
	{"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", BadRequest, lex.FaultLineEnd},
	{"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", BadRequest, lex.FaultLineEnd},

	// Fields.
	{"GET / HTTP/1.1\r\nHost : a\r\n\r\n", BadRequest, lex.FaultSpaceBeforeColon},
	{"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", BadRequest, lex.FaultSpaceBeforeColon},
	{"GET / HTTP/1.1\r\nHost: a\r\nX\t: y\r\n\r\n", BadRequest, lex.FaultSpaceBeforeColon},
	{"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", BadRequest, lex.FaultFolding},
	{"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tfolded\r\n\r\n", BadRequest, lex.FaultFolding},
	{"GET / HTTP/1.1\r\n Host: a\r\n\r\n", BadRequest, lex.FaultFolding},
	{"GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n", BadRequest, lex.FaultFieldName},
	{"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", BadRequest, lex.FaultSpaceBeforeColon},
	{"GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n", BadRequest, lex.FaultFieldName},
	{"GET / HTTP/1.1\r\nHost: a\r\nX(Y): z\r\n\r\n", BadRequest, lex.FaultFieldName},
	{"GET / HTTP/1.1\r\nHost: a\r\nX\x00: z\r\n\r\n", BadRequest, lex.FaultFieldName},
	{"GET / HTTP/1.1\r\nHost: a\r\n\x0bTransfer-Encoding: chunked\r\n\r\n", BadRequest, lex.FaultFieldName},
	{"GET / HTTP/1.1\r\nHost: a\r\nX\xff: z\r\n\r\n", BadRequest, lex.FaultFieldName},
	{"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n", BadRequest, lex.FaultFieldValue},
	{"GET / HTTP/1.1\r\nHost: a\r\nX: 12345678\x01\r\n\r\n", BadRequest, lex.FaultFieldValue},
	{"GET / HTTP/1.1\r\nHost: a\r\nX: 123\x7f5678\r\n\r\n", BadRequest, lex.FaultFieldValue},
	{"GET / HTTP/1.1\r\nHost: a\r\nX: \x1b[31m\r\n\r\n", BadRequest, lex.FaultFieldValue},
	{"GET / HTTP/1.1\r\nHost: a\r\nConnection: " + strings.Repeat("x,", MaxNominees+1) + "\r\n\r\n", BadRequest, lex.FaultTooManyOptions},
	{"GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("Connection: a, b, c\r\n", 11) + "\r\n", BadRequest, lex.FaultTooManyOptions},
	{"GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X: y\r\n", lex.MaxFields) + "\r\n", FieldsTooLarge, lex.FaultTooManyFields},

	// Host.
	{"GET / HTTP/1.1\r\n\r\n", BadRequest, lex.FaultNoHost},
	{"GET http://a/ HTTP/1.1\r\n\r\n", BadRequest, lex.FaultNoHost},
	{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", BadRequest, lex.FaultTwoHosts},
	{"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", BadRequest, lex.FaultTwoHosts},
	{"GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n", BadRequest, lex.FaultTwoHosts},
	{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", BadRequest, lex.FaultHost},
	{"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", BadRequest, lex.FaultHost},
	{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", BadRequest, lex.FaultHost},
	{"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", BadRequest, lex.FaultHost},
	{"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", BadRequest, lex.FaultHost},
	{"GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", BadRequest, lex.FaultHost},
	{"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", BadRequest, lex.FaultHost},
	{"GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", BadRequest, lex.FaultHost},
	{"GET / HTTP/1.1\r\nHost: [a b]\r\n\r\n", BadRequest, lex.FaultHost},

	// Content-Length.
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n", BadRequest, lex.FaultLength},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", BadRequest, lex.FaultLength},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", BadRequest, lex.FaultLength},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", BadRequest, lex.FaultLength},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\n", BadRequest, lex.FaultLength},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", BadRequest, lex.FaultLength},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5.0\r\n\r\n", BadRequest, lex.FaultLength},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \"5\"\r\n\r\n", BadRequest, lex.FaultLength},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n", BadRequest, lex.FaultLength},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", BadRequest, lex.FaultLength},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", BadRequest, lex.FaultTwoLengths},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\ncontent-length: 6\r\n\r\n", BadRequest, lex.FaultTwoLengths},

	// Transfer-Encoding.
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", BadRequest, lex.FaultLengthAndCoding},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", BadRequest, lex.FaultLengthAndCoding},
	{"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", BadRequest, lex.FaultCodingVersion},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\n\r\n", BadRequest, lex.FaultCoding},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", BadRequest, lex.FaultCoding},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", BadRequest, lex.FaultCoding},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;foo\r\n\r\n", BadRequest, lex.FaultCoding},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", BadRequest, lex.FaultCoding},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked\r\n\r\n", BadRequest, lex.FaultCoding},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n", BadRequest, lex.FaultCoding},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", BadRequest, lex.FaultCoding},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", BadRequest, lex.FaultCoding},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", BadRequest, lex.FaultCoding},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", BadRequest, lex.FaultTwoCodings},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", BadRequest, lex.FaultCoding},
	{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", NotImplemented, lex.FaultCoding},
	{"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nContent-Length: 0\r\n\r\n", BadRequest, lex.FaultUnwantedBody},
	{"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nTransfer-Encoding: chunked\r\n\r\n", BadRequest, lex.FaultUnwantedBody},
	{"TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", BadRequest, lex.FaultUnwantedBody},
}

func TestBadRequests(t *testing.T) {
	for _, tt := range badRequests {
		h := &Head{}
		verdict := h.ParseRequest([]byte(tt.text))
		if verdict != tt.verdict || h.Fault() != tt.fault {
			t.Errorf("%.80q: verdict %d, %q; want %d, %q", tt.text, verdict, h.Fault(), tt.verdict, tt.fault)
		}
		if verdict.Status() < 400 {
			t.Errorf("%.80q: status %d", tt.text, verdict.Status())
		}
		bytewise := &Head{}
		if v := parseBytewise(tt.text, bytewise.ParseRequest); v != tt.verdict || bytewise.Fault() != tt.fault || bytewise.FaultAt() != h.FaultAt() {
			t.Errorf("%.80q byte by byte: verdict %d, %q at %d; at once at %d", tt.text, v, bytewise.Fault(), bytewise.FaultAt(), h.FaultAt())
		}
	}
	if len(badRequests) < 80 {
		t.Errorf("%d cases only", len(badRequests))
	}
}

// parseBytewise gives a parser one byte more each time, until it has a verdict.
func parseBytewise(text string, parse func([]byte) Verdict) Verdict {
	for n := 1; n <= len(text); n++ {
		if v := parse([]byte(text[:n])); v != More {
			return v
		}
	}
	return More
}

// show is what a head says, in one line.
func show(h *Head, b []byte) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %s 1.%d %d/%d", h.Method.In(b), h.Target.In(b), h.Minor, h.LineEnd, h.Size)
	if h.Status != 0 {
		s.Reset()
		fmt.Fprintf(&s, "%d %q 1.%d", h.Status, h.Reason.In(b), h.Minor)
	}
	switch h.Framing {
	case framing.Length:
		fmt.Fprintf(&s, " length %d", h.Length)
	case framing.Chunked:
		s.WriteString(" chunked")
	case framing.UntilClose:
		s.WriteString(" until close")
	}
	for i, name := range []string{"host", "close", "keep-alive", "upgrade", "100", "nominates", "h2c"} {
		if h.Flags&(1<<i) != 0 {
			s.WriteString(" +" + name)
		}
	}
	for i := range h.N {
		f := &h.Fields[i]
		fmt.Fprintf(&s, " [%s=%s]", f.Name().In(b), f.Value.In(b))
	}
	return s.String()
}

func TestGoodRequests(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 16/27 +host [Host=a]"},
		{"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 18/29 +host [Host=a]"},
		{"GET / HTTP/1.0\r\n\r\n", "GET / 1.0 16/18"},
		{"GET / HTTP/1.7\r\nHost:\r\n\r\n", "GET / 1.1 16/25 +host [Host=]"},
		{"FROB /x?y=[1]|%20 HTTP/1.1\r\nHOST: [::1]:80\r\n\r\n", "FROB /x?y=[1]|%20 1.1 28/46 +host [HOST=[::1]:80]"},
		{"OPTIONS * HTTP/1.1\r\nHost: a:\r\n\r\n", "OPTIONS * 1.1 20/32 +host [Host=a:]"},
		{"GET hTTp://A:8/?q HTTP/1.1\r\nHost: a:8\r\n\r\n", "GET hTTp://A:8/?q 1.1 28/41 +host [Host=a:8]"},
		{"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:443 1.1 24/35 +host [Host=a]"},
		{"GET / HTTP/1.1\r\nHost:a\r\nX:\t b c \t\r\nY:\r\nZ: \xff\t.\r\n\r\n", "GET / 1.1 16/49 +host [Host=a] [X=b c] [Y=] [Z=\xff\t.]"},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0012\r\n\r\n", "POST / 1.1 17/50 length 12 +host [Host=a] [Content-Length=0012]"},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST / 1.1 17/47 +host [Host=a] [Content-Length=0]"},
		{
			"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n",
			"POST / 1.1 17/65 length 9223372036854775807 +host [Host=a] [Content-Length=9223372036854775807]",
		},
		{"POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: CHUNKED\r\n\r\n", "POST / 1.1 17/56 chunked +host [Host=a] [transfer-encoding=CHUNKED]"},
		{
			"GET / HTTP/1.1\r\nHost: a\r\nConnection: Close , keep-alive\r\nConnection: x-y\r\n\r\n",
			"GET / 1.1 16/76 +host +close +keep-alive +nominates [Host=a] [Connection=Close , keep-alive] [Connection=x-y]",
		},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n", "GET / 1.1 16/48 +host [Host=a] [Connection=upgrade]"},
		{
			"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: foo, H2C\r\nConnection: Upgrade\r\n\r\n",
			"GET / 1.1 16/67 +host +upgrade +h2c [Host=a] [Upgrade=foo, H2C] [Connection=Upgrade]",
		},
		{"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n", "PUT / 1.1 16/49 +host +100 [Host=a] [Expect=100-Continue]"},
	} {
		h := &Head{}
		if v := h.ParseRequest([]byte(tt.text + "more")); v != Done {
			t.Errorf("%q: verdict %d, %v", tt.text, v, h.Fault())
			continue
		}
		got := show(h, []byte(tt.text))
		if got != tt.want {
			t.Errorf("%q\n got %s\nwant %s", tt.text, got, tt.want)
		}
		h.Reset()
		if v := parseBytewise(tt.text, h.ParseRequest); v != Done || show(h, []byte(tt.text)) != got {
			t.Errorf("%q byte by byte: verdict %d, %s", tt.text, v, show(h, []byte(tt.text)))
		}
	}
}

func TestOverflow(t *testing.T) {
	for text, want := range map[string]Verdict{
		"GET /" + strings.Repeat("a", 100):                          URITooLong,
		"GET / HTTP/1.1\r\nX: " + strings.Repeat("a", 100):          FieldsTooLarge,
		"GET / HTTP/1.1\r\nX: " + strings.Repeat("a", 100) + "\r\n": FieldsTooLarge,
	} {
		h := &Head{}
		if v := h.ParseRequest([]byte(text)); v != More {
			t.Errorf("%q: verdict %d before the overflow", text, v)
		}
		if v := h.Overflow(len(text)); v != want {
			t.Errorf("%q: verdict %d, want %d", text, v, want)
		}
	}
}

func TestNominated(t *testing.T) {
	b := []byte("GET / HTTP/1.1\r\nHost: a\r\nConnection: x-one, HOST\r\nX-One: 1\r\nX-Two: 2\r\nconnection: Cookie,x-TWO\r\nCookie: c=d\r\nX: 3\r\n\r\n")
	h := &Head{}
	if v := h.ParseRequest(b); v != Done {
		t.Fatal(h.Fault())
	}
	var got []string
	for i := range h.N {
		if f := &h.Fields[i]; h.Nominated(b, f) {
			got = append(got, string(f.Name().In(b)))
		}
	}
	if strings.Join(got, " ") != "X-One X-Two" {
		t.Errorf("nominated: %q", got)
	}
}
