package http1

import (
	"bytes"
	"testing"

	"lbmaster/worker/http1/lex"
)

// tolerantly are responses that break rules, and what is read and goes on; "": refused, with this fault.
var tolerantly = []struct {
	text  string
	tidy  string // "": none is needed
	means string
	fault lex.Fault
}{
	{"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "", `200 "OK" 1.1 until close [A=b]`, 0},
	{"HTTP/1.1 200 OK\nA: b\nContent-Length: 3\n\n", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\n", `200 "OK" 1.1 length 3 [A=b] [Content-Length=3]`, 0},
	{"\r\n\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", `200 "OK" 1.1 until close`, 0},
	{"HTTP/1.1   200  OK\r\n\r\n", "HTTP/1.1 200  OK\r\n\r\n", `200 " OK" 1.1 until close`, 0},
	{"HTTP/1.0 200\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n", `200 "" 1.0 chunked [Transfer-Encoding=chunked]`, 0},
	{"HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\n  d\r\nE: f\r\n\r\n", "", "200 \"OK\" 1.1 until close [A=b  \tc    d] [E=f]", 0},
	{"HTTP/1.1 200 OK\nA: b\n c\n\n", "HTTP/1.1 200 OK\r\nA: b  c\r\n\r\n", `200 "OK" 1.1 until close [A=b  c]`, 0},
	{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\ncontent-length: 03\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", `200 "OK" 1.1 length 3 [Content-Length=3] [content-length=03]`, 0},
	{"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", `200 "OK" 1.1 length 3 [Content-Length=3, 3]`, 0},
	{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", `200 "OK" 1.1 chunked [Content-Length=3] [Transfer-Encoding=chunked]`, 0},
	{"HTTP/1.1 200 OK\r\nA : b\r\nC[1]: d\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nC[1]: d\r\n\r\n", `200 "OK" 1.1 until close [A=b] [C[1]=d]`, 0},
	{"HTTP/1.1 200 OK\r\nA: b\x1b\x7f\r\n\r\n", "", "200 \"OK\" 1.1 until close [A=b\x1b\x7f]", 0},

	{"HTTP/1.1 200 OK\r\n A: b\r\n\r\n", "", "", lex.FaultFieldName},
	{"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", "", "", lex.FaultFieldValue},
	{"HTTP/1.1 200 OK\r\nA: b\x00\r\n\r\n", "", "", lex.FaultFieldValue},
	{"HTTP/1.1 200 OK\r\nA B: c\r\n\r\n", "", "", lex.FaultFieldName},
	{"HTTP/1.1 200 OK\r\nA\r\n\r\n", "", "", lex.FaultFieldName},
	{"HTTP/1.1 200 OK\r\n: b\r\n\r\n", "", "", lex.FaultFieldName},
	{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", "", "", lex.FaultTwoLengths},
	{"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\n", "", "", lex.FaultTwoLengths},
	{"HTTP/1.1 200 OK\r\nContent-Length: ,\r\n\r\n", "", "", lex.FaultLength},
	{"HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\n", "", "", lex.FaultLength},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "", "", lex.FaultCoding},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "", "", lex.FaultTwoCodings},
	{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: gzip\r\n\r\n", "", "", lex.FaultCoding},
	{"HTTP/2.0 200 OK\r\n\r\n", "", "", lex.FaultVersion},
	{"HTTP/1.1\t200 OK\r\n\r\n", "", "", lex.FaultStatusLine},
	{"HTTP/1.1 \r\n\r\n", "", "", lex.FaultStatusLine},
	{"hello\n\n", "", "", lex.FaultStatusLine},
}

func TestTolerance(t *testing.T) {
	for _, tt := range tolerantly {
		for _, bytewise := range []bool{false, true} {
			b := append([]byte(tt.text), "more"...)
			h := &Head{Tolerant: true}
			v := More
			for n := range b {
				if !bytewise {
					n = len(b) - 1
				}
				if v = h.ParseResponse(b[:n+1], lex.GET); v != More {
					break
				}
			}
			if h.Fault() != tt.fault || v == Done != (tt.fault == 0) {
				t.Errorf("%q, bytewise %v: verdict %d, %q; want %q", tt.text, bytewise, v, h.Fault(), tt.fault)
				continue
			}
			if v != Done {
				continue
			}
			if got := show(h, b); got != tt.means {
				t.Errorf("%q, bytewise %v\n got %s\nwant %s", tt.text, bytewise, got, tt.means)
			}
			if tidy := string(h.AppendTidy(nil, b)); h.Flags&Untidy != 0 != (tt.tidy != "") || tt.tidy != "" && tidy != tt.tidy {
				t.Errorf("%q goes on as %q, untidy %v", tt.text, tidy, h.Flags&Untidy != 0)
			}
			if h.Size != len(tt.text) {
				t.Errorf("%q: %d bytes", tt.text, h.Size)
			}
		}
	}
}

// FuzzTolerance: what is taken in tolerance is the same however it comes, and what goes on is tidy, means the same and is not much longer.
func FuzzTolerance(f *testing.F) {
	for _, tt := range tolerantly {
		f.Add([]byte(tt.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4096 {
			return
		}
		whole, pieces := &Head{Tolerant: true}, &Head{Tolerant: true}
		b, c := bytes.Clone(text), bytes.Clone(text)
		verdict, v := whole.ParseResponse(b, lex.GET), More
		for n := 1; n <= len(c) && v == More; n++ {
			v = pieces.ParseResponse(c[:n], lex.GET)
		}
		if len(b) > 0 && (v != verdict || v == Done && show(whole, b) != show(pieces, c)) {
			t.Fatalf("%q: verdict %d at once, %d byte by byte", text, verdict, v)
		}
		if verdict != Done {
			return
		}
		tidy := whole.AppendTidy(nil, b)
		if len(tidy) > whole.Size+whole.N+10 {
			t.Errorf("%q goes on as %q", text, tidy)
		}
		again := &Head{Tolerant: true}
		if v := again.ParseResponse(tidy, lex.GET); v != Done || again.Flags&Untidy != 0 || again.Size != len(tidy) {
			t.Fatalf("%q goes on as %q: verdict %d, untidy %v", text, tidy, v, again.Flags&Untidy != 0)
		}
		if again.Status != whole.Status || again.Framing != whole.Framing || again.Length != whole.Length {
			t.Errorf("%q goes on as %q", text, tidy)
		}
	})
}
