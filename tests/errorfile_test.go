//go:build linux

package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A page of one's own stands instead of lbmaster's. Its length and the end of the connection are said whether the file says
// so or not. The backend's page comes before the frontend's. The files are read at the start, and never again.
func TestErrorfiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	sorry := file("503.http", "HTTP/1.1 503 Sorry\nX-Mine: 1\nContent-Length: 9999\nConnection: keep-alive\n\n<h1>Sorry</h1>\n")
	moved := file("400.http", "HTTP/1.1 302 Found\r\nLocation: http://example.org/sorry\r\n\r\n")
	broken := file("502.http", "HTTP/1.0 502 Broken\r\nContent-Type: text/plain\r\n\r\nbroken\r\n")
	other := file("other.http", "HTTP/1.1 502 Other\r\n\r\n")
	s, servers := newPuppets(t, 1)
	log := newSink(t, s.place)
	s.tail = fmt.Sprintf(`[frontend.www]
bind = %q
mode = "http"
default_backend = "app"
errorfile = { 400 = %q, 502 = %q, 503 = %q }
log = [%q]
log_format = "httplog"
[backend.app]
mode = "http"
errorfile = { 502 = %q }
server = [{ name = "webA", address = %q }]
`, s.place.addr(2, 8080), moved, other, sorry, log.addr+" local0", broken, s.place.server(0))
	b := s.run(t)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	victim := b.workers()[0]
	b.killWorker(victim) // its successor has the pages too
	replaced(t, b, victim, 1)
	board := b.board()
	exchange := func(request string, down bool, answer, want string) {
		t.Helper()
		if board.up("app/webA"); down {
			board.down("app/webA")
		}
		c := dial(t, s.place.addr(2, 8080))
		c.send(request)
		if answer != "" {
			servers.next().cut(answer)
		}
		method, _, _ := strings.Cut(request, " ")
		if got, _ := c.bytes(method); got != want {
			t.Errorf("%.20q: the client got\n%q, want\n%q", request, got, want)
		}
	}
	const ending = "Connection: close\r\n\r\n"
	exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n", true, "", "HTTP/1.1 503 Sorry\r\nX-Mine: 1\r\nContent-Length: 15\r\n"+ending+"<h1>Sorry</h1>\n")
	exchange("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", true, "", "HTTP/1.1 503 Sorry\r\nX-Mine: 1\r\nContent-Length: 15\r\n"+ending)
	exchange("GET / HTTP/1.0\r\n\r\n", true, "", "HTTP/1.1 503 Sorry\r\nX-Mine: 1\r\nContent-Length: 15\r\n"+ending+"<h1>Sorry</h1>\n")
	exchange("GET  HTTP/1.1\r\n\r\n", false, "", "HTTP/1.1 302 Found\r\nLocation: http://example.org/sorry\r\nContent-Length: 0\r\n"+ending)
	exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n", false, "\r\n", "HTTP/1.0 502 Broken\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n"+ending+"broken\r\n")
	// The log tells what has happened, whatever the page says.
	for _, want := range []int{503, 503, 503, 400, 502} {
		if l := log.http(); l.status != want {
			t.Errorf("logged %s, want status %d", l.line, want)
		}
	}
}
