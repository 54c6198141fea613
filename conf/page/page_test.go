package page

import (
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	for _, tt := range []struct{ name, text, want, wrong string }{
		{
			"whole", "HTTP/1.0 503 Down\r\nX-Y: z\r\nContent-Length: 99\r\nConnection: keep-alive\r\n\r\nbody\n",
			"HTTP/1.0 503 Down\r\nX-Y: z\r\nContent-Length: 5\r\nConnection: close\r\n\r\nbody\n", "",
		},
		{"bare line ends", "HTTP/1.1 302 Found\nLocation: /sorry\n\n\nbody", "HTTP/1.1 302 Found\r\nLocation: /sorry\r\nContent-Length: 5\r\nConnection: close\r\n\r\n\nbody", ""},
		{"no body", "HTTP/1.1 503\r\n\r\n", "HTTP/1.1 503\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", ""},
		{"empty", "", "", "no empty line"},
		{"only a body", "<html>down</html>\n\n", "", "is not the first line"},
		{"interim", "HTTP/1.1 100 Continue\r\n\r\n", "", "is not the first line"},
		{"no field", "HTTP/1.1 503 Down\r\nwhat is this\r\n\r\n", "", "is not a header field"},
		{"folded", "HTTP/1.1 503 Down\r\nA: b\r\n c\r\n\r\n", "", "is not a header field"},
		{"control character", "HTTP/1.1 503 Down\r\nA: b\rc\r\n\r\n", "", "is not a header field"},
		{"chunked", "HTTP/1.1 503 Down\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", "leave it out"},
		{"large", "HTTP/1.1 503 Down\r\n\r\n" + strings.Repeat("x", maxPage), "", "at most"},
	} {
		got, err := parse([]byte(tt.text))
		if string(got) != tt.want || (err != nil) != (tt.wrong != "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
			t.Errorf("%s: %q, %v; want %q, %q", tt.name, got, err, tt.want, tt.wrong)
		}
	}
}
