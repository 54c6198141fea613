package http1

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"lbmaster/worker/http1/framing"
	"lbmaster/worker/http1/lex"
)

// FuzzRequest compares with net/http: what is accepted here must be accepted there, with the same meaning. The reverse
// is not wanted: net/http takes much that two parsers could read differently.
func FuzzRequest(f *testing.F) {
	for _, tt := range badRequests {
		f.Add([]byte(tt.text))
	}
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	f.Add([]byte("\r\nPOST /a?b HTTP/1.1\r\nHost: a:80\r\nConnection: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
	f.Add([]byte("PUT http://a/ HTTP/1.0\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"))
	for _, tt := range misplaced {
		f.Add([]byte(strings.Replace(tt.text, mark, "", 1)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > MaxHead {
			return
		}
		whole, pieces := &Head{}, &Head{}
		verdict := whole.ParseRequest(b)
		if v := parseBytewise(string(b), pieces.ParseRequest); len(b) > 0 && (v != verdict || outcome(whole, b, v) != outcome(pieces, b, v)) {
			t.Fatalf("%q: verdict %d at once, %d byte by byte: %s; %s", b, verdict, v, outcome(whole, b, v), outcome(pieces, b, v))
		}
		if verdict != Done {
			return
		}
		if err := tile(whole, b); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		compareRequest(t, whole, b)
	})
}

// outcome is what a head says that has this verdict: itself, or what is wrong with it, and where.
func outcome(h *Head, b []byte, v Verdict) string {
	if v == Done {
		return show(h, b)
	}
	return fmt.Sprintf("%v at %d", h.Fault(), h.FaultAt())
}

func compareRequest(t *testing.T, h *Head, b []byte) {
	text := bytes.TrimPrefix(b[:h.Size], []byte("\r\n")) // net/http does not skip the empty line
	// "HTTP/1.2" means 1.1 here, and nothing to net/http.
	text = bytes.Replace(text, h.versionIn(b), []byte("HTTP/1."+string('0'+h.Minor)), 1)
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
	if err != nil {
		if h.allowedDifference(b) {
			return
		}
		t.Fatalf("%q is accepted here; net/http: %v", b, err)
	}
	if r.Method != string(h.Method.In(b)) || r.RequestURI != string(h.Target.In(b)) {
		t.Errorf("%q: %s %s here, %s %s there", b, h.Method.In(b), h.Target.In(b), r.Method, r.RequestURI)
	}
	length := map[framing.Kind]int64{framing.None: 0, framing.Length: h.Length, framing.Chunked: -1}[h.Framing]
	if r.ContentLength != length {
		t.Errorf("%q: length %d here, %d there", b, length, r.ContentLength)
	}
	if n := headerCount(r.Header) + len(r.TransferEncoding); n > h.N {
		t.Errorf("%q: %d fields here, %d there", b, h.N, n)
	}
}

// versionIn is the last word of the request line.
func (h *Head) versionIn(b []byte) []byte { return b[h.LineEnd-2-8 : h.LineEnd-2] }

// allowedDifference: net/http parses targets as URLs and so refuses bad escapes in them, which are the server's to judge;
// nor does it take an odd CONNECT or OPTIONS target, or an odd host or port, which are visible characters all the same.
func (h *Head) allowedDifference(b []byte) bool {
	target := string(h.Target.In(b))
	return strings.ContainsAny(target, "%:[]") || h.MethodID == lex.CONNECT || strings.HasPrefix(target, "//")
}

func headerCount(header http.Header) (n int) {
	for _, values := range header {
		n += len(values)
	}
	return n
}

// FuzzResponse is the same for responses.
func FuzzResponse(f *testing.F) {
	for _, text := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200\r\n\r\n", "HTTP/1.0 404 Not Found\r\nA: b\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n", "HTTP/1.1 304 x\r\nSet-Cookie: a=b\r\n\r\n",
		"HTTP/1.1 100 \r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 304 \r\nTransfer-Encoding: chunked\r\n\r\n",
	} {
		f.Add([]byte(text), false)
		f.Add([]byte(text), true)
	}
	for _, tt := range misplaced {
		f.Add([]byte(strings.Replace(tt.text, mark, "", 1)), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, toHead bool) {
		if len(b) > MaxHead {
			return
		}
		method := lex.GET
		if toHead {
			method = lex.HEAD
		}
		whole, pieces := &Head{}, &Head{}
		verdict := whole.ParseResponse(b, method)
		v := parseBytewise(string(b), func(b []byte) Verdict { return pieces.ParseResponse(b, method) })
		if len(b) > 0 && (v != verdict || outcome(whole, b, v) != outcome(pieces, b, v)) {
			t.Fatalf("%q: verdict %d at once, %d byte by byte: %s; %s", b, verdict, v, outcome(whole, b, v), outcome(pieces, b, v))
		}
		if verdict == Done {
			if err := tile(whole, b); err != nil {
				t.Fatalf("%q: %v", b, err)
			}
			compareResponse(t, whole, b, toHead)
		}
	})
}

func compareResponse(t *testing.T, h *Head, b []byte, toHead bool) {
	method := "GET"
	if toHead {
		method = "HEAD"
	}
	text := append([]byte("HTTP/1."+string('0'+h.Minor)), b[8:h.Size]...)
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%q is accepted here; net/http: %v", b, err)
	}
	if r.StatusCode != h.Status {
		t.Errorf("%q: status %d here, %d there", b, h.Status, r.StatusCode)
	}
	want := map[framing.Kind]int64{framing.None: 0, framing.Length: h.Length, framing.Chunked: -1, framing.UntilClose: -1}[h.Framing]
	if got := r.ContentLength; got != want && !toHead && h.Flags&Bare == 0 && h.Status != 304 {
		t.Errorf("%q: length %d here, %d there", b, want, got)
	}
	if chunked := len(r.TransferEncoding) > 0; chunked != (h.Framing == framing.Chunked) && !toHead && h.Flags&Bare == 0 && h.Status != 304 {
		t.Errorf("%q: framing %d here, %v there", b, h.Framing, r.TransferEncoding)
	}
}
