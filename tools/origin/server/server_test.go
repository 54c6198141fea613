package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// fatal is how long a test waits for what should come at once.
const fatal = 10 * time.Second

// start serves on an address of these tests until the test ends, and returns the server, the base URL and a client.
func start(t *testing.T, port int) (*Server, string, *http.Client) {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.61.7.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	s := New("webA")
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	transport := &http.Transport{DisableCompression: true, ExpectContinueTimeout: fatal}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		s.Close()
		if err := <-done; err != nil {
			t.Errorf("Serve returned %v", err)
		}
		if n := s.Stats().Open; n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
	return s, "http://" + l.Addr().String(), &http.Client{Transport: transport, Timeout: fatal}
}

// do sends a request and returns the answer with its whole body.
func do(t *testing.T, c *http.Client, method, url, body string, fields ...string) (*http.Response, string) {
	t.Helper()
	q, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		q.Header.Set(name, value)
	}
	a, err := c.Do(q)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return a, string(text)
}

// first is the first n bytes of the pattern.
func first(n int64) string {
	b, _ := io.ReadAll(Pattern(n))
	return string(b)
}

func TestAnswers(t *testing.T) {
	_, base, client := start(t, 7001)
	for _, c := range []struct {
		method, path, body string
		status             int
		length             int64 // as announced, -1: not
		want               string
	}{
		{"GET", "/", "", 200, 7, "webA /\n"},
		{"GET", "/a/b?c=d", "", 200, 14, "webA /a/b?c=d\n"},
		{"POST", "/a", "ignored", 200, 8, "webA /a\n"},
		{"HEAD", "/", "", 200, 7, ""},
		{"GET", "/bytes/70000", "", 200, 70000, first(70000)},
		{"GET", "/bytes/0", "", 200, 0, ""},
		{"HEAD", "/bytes/70000", "", 200, 70000, ""},
		{"GET", "/chunked/200000", "", 200, -1, first(200000)},
		{"GET", "/chunked/1000/7", "", 200, -1, first(1000)},
		{"GET", "/chunked/0", "", 200, -1, ""},
		{"HEAD", "/chunked/10", "", 200, -1, ""},
		{"GET", "/close/70000", "", 200, -1, first(70000)},
		{"GET", "/status/404", "", 404, 16, "webA status 404\n"},
		{"GET", "/status/204", "", 204, 0, ""},
		{"GET", "/status/304", "", 304, 0, ""},
		{"GET", "/delay/1", "", 200, 14, "webA /delay/1\n"},
		{"GET", "/slow/20/1", "", 200, 20, first(20)},
		{"GET", "/slow/head/1", "", 200, 5, "slow\n"},
		{"PUT", "/slow/read/3/1", "1234567890", 200, 9, "bytes 10\n"},
		{"GET", "/hints/3", "", 200, 14, "webA /hints/3\n"},
		{"GET", "/http10", "", 200, 13, "webA /http10\n"},
		{"GET", "/http10/keep", "", 200, 18, "webA /http10/keep\n"},
		{"GET", "/http10/close", "", 200, -1, "webA /http10/close\n"},
		{"POST", "/upload", "hello", 200, 23, "bytes 5\ncrc32 3610a686\n"},
		{"POST", "/upload", "", 200, 23, "bytes 0\ncrc32 00000000\n"},
		{"POST", "/echo", "hello", 200, 5, "hello"},
		{"POST", "/continue", "hello", 200, 23, "bytes 5\nexpected false\n"},
		{"POST", "/early/403/keep", "hello", 403, 15, "webA early 403\n"},
		{"GET", "/upgrade", "", 200, 11, "no upgrade\n"},
		{"GET", "/drop-reused", "", 200, 18, "webA /drop-reused\n"},
	} {
		a, text := do(t, client, c.method, base+c.path, c.body)
		if a.StatusCode != c.status || a.ContentLength != c.length || text != c.want {
			t.Errorf("%s %s: %d, length %d, %.60q, want %d, %d, %.60q", c.method, c.path, a.StatusCode, a.ContentLength, text,
				c.status, c.length, c.want)
		}
		if a.Header.Get("X-Origin") != "webA" {
			t.Errorf("%s %s: X-Origin %q", c.method, c.path, a.Header.Get("X-Origin"))
		}
	}
}

func TestUploadsInChunks(t *testing.T) {
	_, base, client := start(t, 7002)
	const n = 3 << 20
	sum := crc32.ChecksumIEEE([]byte(first(n)))
	for path, want := range map[string]string{
		"/upload": fmt.Sprintf("bytes %d\ncrc32 %08x\n", n, sum),
		"/echo":   first(n),
	} {
		// The reader's type hides the length, so that the client sends chunks.
		q, _ := http.NewRequest("POST", base+path, struct{ io.Reader }{Pattern(n)})
		a, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(a.Body)
		a.Body.Close()
		if err != nil || string(got) != want {
			t.Errorf("%s: %v, %d bytes %.60q", path, err, len(got), got)
		}
	}
}

func TestTrailer(t *testing.T) {
	_, base, client := start(t, 7003)
	a, text := do(t, client, "GET", base+"/trailer/10", "")
	if text != first(10) || a.Trailer.Get("X-Trailer") != "webA" || a.Trailer.Get("X-Last") != "yes" {
		t.Errorf("%q, trailer %v", text, a.Trailer)
	}
}

func TestSetCookie(t *testing.T) {
	_, base, client := start(t, 7004)
	for path, want := range map[string]string{"/set-cookie": "session=webA; path=/", "/set-cookie/A/b": "A=b; path=/"} {
		a, _ := do(t, client, "GET", base+path, "")
		if got := a.Header.Get("Set-Cookie"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestContinue(t *testing.T) {
	_, base, client := start(t, 7006)
	for path, want := range map[string]string{
		"/continue":        "bytes 5\nexpected true\n",
		"/continue/refuse": "not wanted\n",
		"/continue/always": "bytes 5\nexpected true\n",
		"/echo":            "hello",
		"/early/200":       "webA early 200\n",
		"/":                "webA /\n",
	} {
		if _, text := do(t, client, "POST", base+path, "hello", "Expect: 100-continue"); text != want {
			t.Errorf("%s: %q, want %q", path, text, want)
		}
	}
	got := exchangeRaw(t, base, "POST /continue/silent HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx")
	if !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("/continue/silent: %q", got)
	}
}

func TestStats(t *testing.T) {
	s, base, client := start(t, 7013)
	do(t, client, "GET", base+"/watch/SERVERID=", "")
	do(t, client, "GET", base+"/", "", "Cookie: SERVERID=A")
	do(t, client, "GET", base+"/", "", "Cookie: b=1")
	do(t, client, "GET", base+"/", "")
	var running sync.WaitGroup
	for range 3 {
		running.Go(func() { do(t, client, "GET", base+"/delay/300", "") })
	}
	running.Wait()
	_, text := do(t, client, "GET", base+"/stats", "", "Cookie: c=1")
	var got Stats
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != "webA" || got.Requests != 6 || got.Running != 0 || got.MaxRunning < 2 || got.MaxOpen < 2 ||
		got.Connections < got.MaxOpen || got.Seen["Cookie:"] != 2 || got.Seen["SERVERID="] != 1 {
		t.Errorf("%+v", got)
	}
	if direct := s.Stats(); direct.Requests != got.Requests {
		t.Errorf("Stats: %+v, /stats: %+v", direct, got)
	}
}

func TestUnixSocketAndEcho(t *testing.T) {
	path := filepath.Join(t.TempDir(), "origin.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := New("echo")
	done := make(chan error, 1)
	go func() { done <- s.ServeEcho(l) }()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(fatal))
	io.WriteString(c, "GET / HTTP/1.1\r\n\r\n")
	c.(*net.UnixConn).CloseWrite()
	if all, err := io.ReadAll(c); err != nil || string(all) != "GET / HTTP/1.1\r\n\r\n" {
		t.Errorf("%q, %v", all, err)
	}
	s.Close()
	if err := <-done; err != nil {
		t.Errorf("ServeEcho returned %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket file is left")
	}
}

func TestCloseCutsWhatRuns(t *testing.T) {
	s, base, _ := start(t, 7014)
	var all []*net.TCPConn
	for _, path := range []string{"/delay/100000", "/slow/1000/1000", "/slow/head/1000"} {
		c := dial(t, base)
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", path)
		all = append(all, c)
	}
	for s.Stats().Running != 3 {
		if !s.wait(time.Millisecond) {
			t.Fatal("closed")
		}
	}
	s.Close()
	for _, c := range all {
		if got, err := io.ReadAll(c); err != nil && os.IsTimeout(err) {
			t.Errorf("not cut: %v, %q", err, got)
		}
	}
}

func TestPatternIsTheSameInPieces(t *testing.T) {
	const n = 3*period + 17
	var whole bytes.Buffer
	io.Copy(&whole, Pattern(n))
	pieces, _ := io.ReadAll(struct{ io.Reader }{Pattern(n)})
	if whole.Len() != n || !bytes.Equal(whole.Bytes(), pieces) {
		t.Errorf("%d bytes, %d bytes in pieces", whole.Len(), len(pieces))
	}
}

func TestRemove(t *testing.T) {
	s, url, client := start(t, 7015)
	for _, step := range []struct {
		change func(string)
		want   int
	}{{func(string) {}, 200}, {s.Remove, 404}, {s.Restore, 200}} {
		step.change("/running")
		if a, _ := do(t, client, "HEAD", url+"/running", ""); a.StatusCode != step.want {
			t.Errorf("status %d, want %d", a.StatusCode, step.want)
		}
		if a, _ := do(t, client, "GET", url+"/other", ""); a.StatusCode != 200 {
			t.Errorf("status %d for another file", a.StatusCode)
		}
	}
}
