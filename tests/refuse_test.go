//go:build linux

package tests

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"lbmaster/tools/rig"
)

// never are bytes that no HTTP request begins with, up to the first that says so. The client then waits for an answer.
var never = []string{"\x16", "\x00", "GET\x00", "GET /a\x01", "GET / HTTP/1.1\r\nHost: h\r\nX\x00"}

// What can never become a request is answered at once, by HAProxy too, and not when the client's time is up.
func TestNonsenseIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	s, _ := newPuppets(t, 1)
	s.timeout = `{ connect = "5s", client = "10m", server = "10m" }`
	s.run(t)
	for name, addr := range map[string]string{"lbmaster": s.place.front(), "haproxy": newRefusingPeer(t, &s)} {
		for _, text := range never {
			c := dial(t, addr)
			c.send(text)
			if a, err := c.read("GET"); err != nil || a.StatusCode != 400 {
				t.Errorf("%s, %q: %v, %v, want status 400", name, text, a.Response, err)
			}
		}
	}
}

// Likewise what can never become a response: the client gets 502 at once, while the server waits.
func TestNonsenseOfAServerIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	s, servers := newPuppets(t, 1)
	s.timeout = `{ connect = "5s", client = "10m", server = "10m" }`
	s.run(t)
	for name, addr := range map[string]string{"lbmaster": s.place.front(), "haproxy": newRefusingPeer(t, &s)} {
		for _, text := range []string{"SSH-2.0-OpenSSH_9.2", "\x15\x03\x03", "HTTP/1.1 200 OK\r\nX\x00"} {
			c := dial(t, addr)
			c.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
			v := servers.next()
			if _, err := io.WriteString(v.conn, text); err != nil {
				t.Fatal(err)
			}
			if a, err := c.read("GET"); err != nil || a.StatusCode != 502 {
				t.Errorf("%s, %q: %v, %v, want status 502", name, text, a.Response, err)
			}
			v.abandoned()
		}
	}
}

// newRefusingPeer starts HAProxy in front of the site's first server, and returns where.
func newRefusingPeer(t *testing.T, s *site) string {
	t.Helper()
	addr := s.place.addr(3, 8080)
	conf := strings.Join([]string{
		"defaults", " mode http", " timeout connect 5s", " timeout client 10m", " timeout server 10m", " retries 0",
		"listen web", " bind " + addr, fmt.Sprintf(" server a %s", s.place.server(0)), "",
	}, "\n")
	p, err := rig.StartHAProxy(program(t, "haproxy"), t.TempDir(), conf, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPeer(t, p) })
	return addr
}
