package http1

import (
	"testing"

	"lbmaster/worker/http1/framing"
	"lbmaster/worker/http1/lex"
)

const smallRequest = "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nCookie: SERVERID=A\r\nUser-Agent: wrk/4.1\r\nAccept: */*\r\n\r\n"

const browserRequest = "GET /search?q=load+balancer&lang=en HTTP/1.1\r\nHost: www.example.com\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n" +
	"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nReferer: http://www.example.com/\r\n" +
	"Connection: keep-alive\r\nCookie: theme=dark; SERVERID=A; session=0123456789abcdef0123456789abcdef\r\n" +
	"Upgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nCache-Control: max-age=0\r\n\r\n"

const smallResponse = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 23 Nov 2026 08:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n"

func benchmarkRequest(b *testing.B, text string) {
	p := []byte(text)
	h := &Head{}
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		h.Reset()
		if h.ParseRequest(p) != Done {
			b.Fatal(h.Fault())
		}
	}
}

func BenchmarkRequestSmall(b *testing.B)   { benchmarkRequest(b, smallRequest) }
func BenchmarkRequestBrowser(b *testing.B) { benchmarkRequest(b, browserRequest) }

func BenchmarkResponse(b *testing.B) {
	p := []byte(smallResponse)
	h := &Head{}
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		h.Reset()
		if h.ParseResponse(p, lex.GET) != Done {
			b.Fatal(h.Fault())
		}
	}
}

// TestNothingIsAllocated: parsing is free of allocations.
func TestNothingIsAllocated(t *testing.T) {
	h, body := &Head{}, &framing.Body{}
	request, response, chunks := []byte(browserRequest), []byte(smallResponse), []byte("3;a\r\nabc\r\n0\r\nT: v\r\n\r\n")
	n := testing.AllocsPerRun(100, func() {
		h.Reset()
		h.ParseRequest(request)
		for i := range h.N {
			h.Nominated(request, &h.Fields[i])
		}
		h.Reset()
		h.ParseResponse(response, lex.GET)
		body.Start(framing.Chunked, 0)
		body.Consume(chunks)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
