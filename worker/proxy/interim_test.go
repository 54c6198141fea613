package proxy

import (
	"strings"
	"testing"

	"lbmaster/worker/exchange/http"

	"golang.org/x/sys/unix"
)

// A server may say for ever that it is still at work, but not in one breath.
func TestInterimResponses(t *testing.T) {
	const one = "HTTP/1.1 102 Processing\r\n\r\n"
	for _, tt := range []struct {
		name   string
		bursts []int // how many come, a while after those before
		good   bool
	}{
		{"as many as may be", []int{http.MaxInterim}, true},
		{"one too many", []int{http.MaxInterim + 1}, false},
		{"with time between them", []int{http.MaxInterim, http.MaxInterim, 1, 1, http.MaxInterim}, true},
		{"one too many at the end", []int{1, http.MaxInterim + 1}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, "127.61.8.9", 8000, 8001)
			b.pour(b.client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			b.spend()
			b.origin = b.accept()
			b.drain(b.origin)
			got := ""
			for _, n := range tt.bursts {
				b.proxy.loop.Leap(2 * http.InterimTime)
				b.pour(b.origin, strings.Repeat(one, n))
				b.spend()
				got += b.received()
			}
			b.pour(b.origin, benchResponse)
			b.spend()
			got += b.received()
			want := "HTTP/1.1 502"
			if tt.good {
				want = benchResponse[:strings.Index(benchResponse, "\r\n")]
			}
			if _, final, _ := strings.Cut(got, one+"HTTP/1.1 "); !strings.Contains("HTTP/1.1 "+final, want) {
				t.Errorf("the client got %q, want %q at the end", got, want)
			}
		})
	}
}

// received is what the client has got.
func (b *bench) received() string {
	n, _, err := unix.Recvfrom(b.client, b.buf[:], unix.MSG_DONTWAIT)
	if err != nil {
		return ""
	}
	return string(b.buf[:n])
}
