package proxy

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
)

// TestRefusedAtOnce: who sends what can never become a message is told so with the first byte that says it.
func TestRefusedAtOnce(t *testing.T) {
	banner := func(c net.Conn, in *bufio.Reader) {
		head(in)
		io.WriteString(c, "S") // of SSH-2.0, and waits
		in.ReadByte()
	}
	f := start(t, "127.61.9.1", nil, banner)
	for _, tt := range []struct{ send, want string }{
		{"\x16", "HTTP/1.1 400"}, // TLS
		{"GET / HTTP/1.1\r\nHost: a\r\nX: \x00", "HTTP/1.1 400"},
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 502"},
	} {
		c := f.dial()
		c.send(tt.send)
		if got := c.wantEnd(); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%q: got %q, want %s", tt.send, got, tt.want)
		}
	}
}
