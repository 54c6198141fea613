//go:build linux

package tests

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lbmaster/tools/rig"
)

// stuffing is n bytes for a field's value that show when something is missing or in the wrong place.
func stuffing(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%06x.", i)
	}
	return b.String()[:n]
}

// manyCookies and cookieSize are what nginx answers to /cookies: 42 KiB of Set-Cookie.
const manyCookies, cookieSize = 60, 720

// startLargeNginx runs nginx with heads of 300 KiB. It answers with the Authorization and Cookie fields that it got.
func startLargeNginx(t *testing.T, addr string) {
	t.Helper()
	dir := t.TempDir()
	var cookies strings.Builder
	for i := range manyCookies {
		fmt.Fprintf(&cookies, "add_header Set-Cookie \"c%d=%s\";\n", i, stuffing(cookieSize))
	}
	conf := fmt.Sprintf(`daemon off; master_process off; worker_processes 1; pid %[1]s/nginx.pid; error_log %[1]s/error.log warn;
events { worker_connections 1000; }
http {
  access_log off; keepalive_requests 1000000; keepalive_timeout 600s; default_type text/plain; large_client_header_buffers 4 300k;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
  server {
    listen %[2]s;
    location / { return 200 "$http_authorization|$http_cookie|"; }
    location /cookies { %[3]s return 200 "cookies"; }
  }
}
`, dir, addr, cookies.String())
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := rig.Start("nginx", []string{program(t, "nginx"), "-p", dir, "-c", file, "-e", filepath.Join(dir, "error.log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPeer(t, p) })
	if err := p.Ready(settle, func() bool { return rig.Connectable(addr) }); err != nil {
		t.Fatal(err)
	}
}

// knocker is a client whose requests have small and large heads in turns. Its methods may be called anywhere.
type knocker struct{ *raw }

// request sends a GET and reads its answer, which must have status 200.
func (k knocker) request(path string, fields ...string) (answer, error) {
	k.deadline(settle)
	if _, err := io.WriteString(k, "GET "+path+" HTTP/1.1\r\nHost: a\r\n"+lines(fields)+"\r\n"); err != nil {
		return answer{}, err
	}
	a, err := k.read("GET")
	if err == nil && a.StatusCode != 200 {
		err = fmt.Errorf("%s with fields of %d bytes is answered %d", path, len(lines(fields)), a.StatusCode)
	}
	return a, err
}

// says sends two fields and wants them back.
func (k knocker) says(authorization, cookie string) error {
	a, err := k.request("/", "Authorization: "+authorization, "Cookie: "+cookie)
	if want := authorization + "|" + cookie + "|"; err == nil && a.body != want {
		err = fmt.Errorf("%d bytes came back, want %d: %.60q", len(a.body), len(want), a.body)
	}
	return err
}

// cookies wants all that nginx sets.
func (k knocker) cookies() error {
	a, err := k.request("/cookies")
	for i := 0; i < manyCookies && err == nil; i++ {
		if got := a.Header["Set-Cookie"]; i >= len(got) || got[i] != fmt.Sprintf("c%d=%s", i, stuffing(cookieSize)) {
			err = fmt.Errorf("cookie %d of %d is missing or not what it was", i, len(got))
		}
	}
	return err
}

// round is everything that a client may need a large head for, with small ones between them.
func (k knocker) round() error {
	small := func() error { return k.says("Basic dTpw", "a=b") }
	for _, step := range []func() error{
		small,
		func() error { return k.says("", "session="+stuffing(30<<10)) },
		small,
		func() error { return k.says("Bearer "+stuffing(60<<10), "a=b") },
		k.cookies,
		func() error { return k.says("Bearer "+stuffing(200<<10), "") },
		k.cookies,
		small,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// must fails the test.
func (k knocker) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// newLargeSite is a site of an nginx that takes large heads.
func newLargeSite(t *testing.T, lines string) site {
	t.Helper()
	s := site{place: newPlace(t), workers: 2, listen: lines}
	s.servers = []target{{"webA", s.place.server(0), cookieOf("A")}}
	startLargeNginx(t, s.place.server(0))
	return s
}

// Large heads and small ones pass in turns on the same connections, also when they are handed over to the next generation.
func TestLargeHeads(t *testing.T) {
	t.Parallel()
	s := newLargeSite(t, "max_header = \"256k\"\nforwardfor = true\n"+insertCookie)
	inst := startInstance(t, s)
	const clients = 6
	var over atomic.Bool
	var rounds atomic.Int64
	var all sync.WaitGroup
	for range clients {
		k := knocker{dial(t, s.place.front())}
		all.Go(func() {
			for !over.Load() {
				if err := k.round(); err != nil {
					t.Error(err)
					return
				}
				rounds.Add(1)
			}
		})
	}
	for range 3 {
		before := rounds.Load()
		soon(func() bool { return rounds.Load() >= before+2*clients })
		inst.upgrade()
	}
	over.Store(true)
	all.Wait()
	if n := rounds.Load(); n < 6*clients {
		t.Errorf("%d rounds of %d clients", n, clients)
	}
}

// The same clients in front of HAProxy with a large buffer, which passes all of it likewise.
func TestLargeHeadsOfThePeer(t *testing.T) {
	t.Parallel()
	haproxy := program(t, "haproxy")
	s := newLargeSite(t, "")
	conf := fmt.Sprintf(`global
  tune.bufsize 278528
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen web
  bind %s
  option forwardfor
  cookie SERVERID insert indirect
  server a %s cookie A
`, s.place.front(), s.place.server(0))
	r, err := rig.StartHAProxy(haproxy, t.TempDir(), conf, s.place.front())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPeer(t, r) })
	k := knocker{dial(t, s.place.front())}
	for range 3 {
		k.must(k.round())
	}
	k.send("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: " + stuffing(300<<10) + "\r\n\r\n")
	t.Logf("300 KiB are answered %d", k.answer("GET").StatusCode)
}

// headOf is a request's or response's head of n bytes that begins with a text.
func headOf(begin string, n int) string {
	const name, end = "X-Stuffing: ", "\r\n\r\n"
	return begin + name + stuffing(n-len(begin)-len(name)-len(end)) + end
}

// A head of as many bytes as max_header says passes, and one with a byte more is answered 431, 414 or 502, counted and logged as it is
// with the default.
func TestMaxHeader(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line  string
		limit int
	}{{"", 15 << 10}, {`max_header = "4k"`, 4 << 10}, {`max_header = "32k"`, 32 << 10}, {`max_header = 262144`, 256 << 10}} {
		t.Run(fmt.Sprint(tt.limit), func(t *testing.T) {
			t.Parallel()
			s, servers := newPuppets(t, 1)
			s.withAdmin(t)
			log := newSink(t, s.place)
			s.global, s.listen = log.target(), httplog+tt.line
			s.run(t)
			const get, ok = "GET / HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
			want := func(request string, status int, state string) {
				t.Helper()
				if l := log.http(); l.status != status || l.state != state || !strings.HasPrefix(l.request, request) {
					t.Errorf("logged %s, want %d, %s and %q", l.line, status, state, request)
				}
			}
			c := dial(t, s.place.front())
			for range 2 {
				c.send(headOf(get, tt.limit))
				v := servers.next()
				if v.request != headOf(get, tt.limit) {
					t.Fatalf("the server got %d bytes, want %d", len(v.request), tt.limit)
				}
				v.answer(headOf(ok, tt.limit) + "ok")
				c.expect(headOf(ok, tt.limit) + "ok")
				want("GET / HTTP/1.1", 200, "----")
			}
			c.send(headOf(get, tt.limit+1))
			if a := c.answer("GET"); a.StatusCode != 431 || !a.Close {
				t.Errorf("a byte more is answered %d", a.StatusCode)
			}
			want("<BADREQ>", 431, "PR--")
			c = dial(t, s.place.front())
			c.send("GET /" + stuffing(tt.limit) + " HTTP/1.1\r\nHost: a\r\n\r\n")
			if a := c.answer("GET"); a.StatusCode != 414 {
				t.Errorf("a target that is too long is answered %d", a.StatusCode)
			}
			want("<BADREQ>", 414, "PR--")
			c = dial(t, s.place.front())
			c.send(get + "\r\n")
			servers.next().cut(headOf(ok, tt.limit+1) + "ok")
			if a := c.answer("GET"); a.StatusCode != 502 {
				t.Errorf("a response with a byte more is answered %d", a.StatusCode)
			}
			want("GET / HTTP/1.1", 502, "PH--")
			text := scrape(t, s.metrics())
			for _, line := range []string{"haproxy_frontend_request_errors_total{proxy=\"web\"} 2\n", "haproxy_backend_response_errors_total{proxy=\"web\"} 1\n"} {
				if !strings.Contains(text, line) {
					t.Errorf("/metrics has no %q", line)
				}
			}
		})
	}
}

// An upgrade may change max_header: connections that are handed over, and new ones, have what the new configuration says.
func TestUpgradeChangesMaxHeader(t *testing.T) {
	t.Parallel()
	s := newLargeSite(t, "")
	inst := startInstance(t, s)
	c := knocker{dial(t, s.place.front())}
	c.must(c.says("", ""))
	for _, tt := range []struct {
		line    string
		allowed int
	}{{`max_header = "256k"`, 200 << 10}, {`max_header = "64k"`, 60 << 10}, {`max_header = "128k"`, 120 << 10}, {"", 14 << 10}} {
		s.listen = tt.line
		inst.rewrite(s.text())
		inst.upgrade()
		for _, k := range []knocker{c, {dial(t, s.place.front())}} {
			k.must(k.says(stuffing(tt.allowed), ""))
			k.must(k.says("", ""))
		}
		k := knocker{dial(t, s.place.front())}
		k.must(k.says("", ""))
		k.refused(tt.allowed * 3 / 2)
	}
}

// refused wants a request of n bytes to be answered 431.
func (k knocker) refused(n int) {
	k.t.Helper()
	k.deadline(settle)
	_, _ = io.WriteString(k, headOf("GET / HTTP/1.1\r\nHost: a\r\n", n)) // it may be refused before all is sent
	if a, err := k.read("GET"); err != nil || a.StatusCode != 431 {
		k.t.Errorf("%d bytes are answered %v, %v", n, a.Response, err)
	}
}
