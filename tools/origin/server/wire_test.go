package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// exchangeRaw sends bytes, ends the sending side, and returns all that comes back.
func exchangeRaw(t *testing.T, base, text string) string {
	t.Helper()
	c := dial(t, base)
	io.WriteString(c, text)
	c.CloseWrite()
	all, _ := io.ReadAll(c) // a reset is an end, too
	return string(all)
}

func dial(t *testing.T, base string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(fatal))
	return c.(*net.TCPConn)
}

func TestHeadersAreShownAsReceived(t *testing.T) {
	_, base, _ := start(t, 7005)
	head := "GET /headers HTTP/1.1\r\nhOST:x\r\nCookie:  a=1;  b \r\nX: \xff\r\nLong: " + strings.Repeat("y", 10_000) +
		"\r\nConnection: close\r\n\r\n"
	for _, before := range []string{"", "\r\n\r\n"} {
		got := exchangeRaw(t, base, before+head)
		if !strings.HasSuffix(got, "\r\n\r\n"+before+head) {
			t.Errorf("%q", got)
		}
	}
}

func TestPipelining(t *testing.T) {
	_, base, _ := start(t, 7007)
	var want []string
	var text strings.Builder
	for i := range 100 {
		want = append(want, fmt.Sprintf("webA /%d\n", i))
		fmt.Fprintf(&text, "POST /%d HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", i)
	}
	c := dial(t, base)
	io.WriteString(c, text.String())
	r := bufio.NewReader(c)
	for i, w := range want {
		a, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		if got, _ := io.ReadAll(a.Body); string(got) != w {
			t.Fatalf("answer %d: %q", i, got)
		}
	}
}

func TestConnectionEnds(t *testing.T) {
	_, base, _ := start(t, 7008)
	for _, c := range []struct{ request, fields, connection string }{
		{"GET / HTTP/1.1", "", ""},
		{"GET / HTTP/1.1", "Connection: close\r\n", "close"},
		{"GET / HTTP/1.0", "", "close"},
		{"GET / HTTP/1.0", "Connection: Keep-Alive\r\n", "keep-alive"},
		{"GET /close/1 HTTP/1.1", "", "close"},
		{"GET /chunked/1 HTTP/1.0", "Connection: keep-alive\r\n", "close"},
	} {
		got := exchangeRaw(t, base, c.request+"\r\n"+c.fields+"\r\n")
		a, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got)), nil)
		if err != nil || a.Header.Get("Connection") != c.connection && (c.connection != "close" || !a.Close) {
			t.Errorf("%s, %q: %v %q, want Connection: %s", c.request, c.fields, err, got, c.connection)
		}
	}
}

func TestBroken(t *testing.T) {
	_, base, _ := start(t, 7009)
	for _, c := range []struct{ path, want string }{
		{"/drop", ""},
		{"/drop/reset", ""},
		{"/partial", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + first(500)},
		{"/partial/head", "HTTP/1.1 200 OK\r\nContent-Le"},
		{"/partial/chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + first(500)},
		{"/bad/garbage", malformed["garbage"]},
		{"/bad/huge-head", malformed["huge-head"]},
	} {
		if got := exchangeRaw(t, base, "GET "+c.path+" HTTP/1.1\r\n\r\n"); got != c.want {
			t.Errorf("%s: %.100q, want %.100q", c.path, got, c.want)
		}
	}
	got := exchangeRaw(t, base, strings.Repeat("GET /drop-reused HTTP/1.1\r\n\r\n", 2))
	if strings.Count(got, "HTTP/1.1 200") != 1 {
		t.Errorf("/drop-reused twice: %q", got)
	}
	if got := exchangeRaw(t, base, "GET /bad HTTP/1.1\r\n\r\n"); strings.Count(got, "\n") < len(malformed) {
		t.Errorf("/bad: %q", got)
	}
}

func TestEarlyAnswersBeforeTheBody(t *testing.T) {
	_, base, _ := start(t, 7010)
	c := dial(t, base)
	io.WriteString(c, "POST /early/413 HTTP/1.1\r\nContent-Length: 1000000\r\n\r\nx")
	a, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || a.StatusCode != 413 || !a.Close {
		t.Fatalf("%v, %v", a, err)
	}
}

func TestBadRequests(t *testing.T) {
	s, base, _ := start(t, 7011)
	requests := []string{
		"hello\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x", "GET",
		"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", strings.Repeat("x", maxHead+10),
	}
	for _, q := range requests {
		if got := exchangeRaw(t, base, q); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("%.40q: %q", q, got)
		}
	}
	for _, q := range []string{
		"", "\r\n", "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc",
		"POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	} {
		if got := exchangeRaw(t, base, q); got != "" {
			t.Errorf("%.40q: %q", q, got)
		}
	}
	if got := s.Stats().BadRequests; got != int64(len(requests)+2) {
		t.Errorf("%d bad requests were counted", got)
	}
}

func TestTunnels(t *testing.T) {
	s, base, _ := start(t, 7012)
	const upgrade = " HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	for _, c := range []struct{ request, status, body string }{
		{"CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "bytes"},
		{"GET /upgrade" + upgrade, "HTTP/1.1 101 Switching Protocols\r\n", "bytes"},
		{"GET /upgrade/hello" + upgrade, "HTTP/1.1 101 Switching Protocols\r\n", "hello\nbytes"},
	} {
		got := exchangeRaw(t, base, c.request+"bytes")
		if !strings.HasPrefix(got, c.status) || !strings.HasSuffix(got, "\r\n\r\n"+c.body) {
			t.Errorf("%q: %q", c.request, got)
		}
		// The key and its answer are the example of RFC 6455 section 1.3.
		if strings.Contains(c.request, "Key") && !strings.Contains(got, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") {
			t.Errorf("%q: %q", c.request, got)
		}
	}
	if got := s.Stats().Tunnels; got != 3 {
		t.Errorf("%d tunnels were counted", got)
	}
}
