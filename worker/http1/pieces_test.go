package http1

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/worker/http1/lex"
)

// Bytes that come one by one cost the same each, however many have come before: what has been parsed is not looked at again.
func TestPiecesCostTheSame(t *testing.T) {
	runtime.LockOSThread() // the clock is that of the thread
	defer runtime.UnlockOSThread()
	const short, long = 1400, 14_000
	list := func(item string, size int) string { return strings.Repeat(item, size/len(item)) }
	request := func(text []byte) Verdict { return (&Head{}).inPieces(text, (*Head).ParseRequest) }
	response := func(text []byte) Verdict {
		return (&Head{}).inPieces(text, func(h *Head, b []byte) Verdict { return h.ParseResponse(b, lex.GET) })
	}
	for _, tt := range []struct {
		name  string
		parse func([]byte) Verdict
		text  func(size int) string
	}{
		{"target", request, func(n int) string { return "GET /" + list("a", n) + " HTTP/1.1\r\nHost: a\r\n\r\n" }},
		{"one field", request, func(n int) string { return "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + list("a", n) + "\r\n\r\n" }},
		{"fields", request, func(n int) string {
			return "GET / HTTP/1.1\r\nHost: a\r\n" + list("X-A: "+list("a", 110)+"\r\n", n) + "\r\n"
		}},
		{"close", request, func(n int) string {
			return "GET / HTTP/1.1\r\nHost: a\r\nConnection: " + list("close,", n) + "\r\n\r\n"
		}},
		{"reason", response, func(n int) string { return "HTTP/1.1 200 " + list("a", n) + "\r\n\r\n" }},
		{"response fields", response, func(n int) string {
			return "HTTP/1.1 200 OK\r\n" + list("Set-Cookie: "+list("a", 110)+"\r\n", n) + "\r\n"
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			few, many := []byte(tt.text(short)), []byte(tt.text(long))
			cost := func(text []byte) float64 {
				before := threadTime(t)
				if v := tt.parse(text); v != Done {
					t.Fatalf("verdict %v", v)
				}
				return float64(threadTime(t)-before) / float64(len(text))
			}
			var ratios []float64
			for range 41 {
				ratios = append(ratios, cost(many)/cost(few))
			}
			slices.Sort(ratios)
			if ratio := ratios[len(ratios)/2]; ratio > 3 {
				t.Errorf("a byte of %d costs %.1f times as much as one of %d", len(many), ratio, len(few))
			}
		})
	}
}

// inPieces parses a text that comes byte by byte.
func (h *Head) inPieces(text []byte, parse func(*Head, []byte) Verdict) Verdict {
	for n := range text {
		if v := parse(h, text[:n+1]); v != More {
			return v
		}
	}
	return More
}

// threadTime is the processor time of this thread, in ns.
func threadTime(t *testing.T) int64 {
	var at unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &at); err != nil {
		t.Fatal(fmt.Errorf("cannot read the clock of the thread: %w", err))
	}
	return at.Nano()
}
