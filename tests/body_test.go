//go:build linux

package tests

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"lbmaster/tools/origin/server"
	"lbmaster/tools/rig"
)

// growth is how much resident memory the workers may gain, in bytes, while they pass any amount of data.
const growth = 2 << 20

// A gibibyte each way, in each framing that the direction knows, must not show in the memory of the workers. The peak
// counts, not what is left afterwards.
func TestLargeBodiesInConstantMemory(t *testing.T) {
	t.Parallel()
	const large, warm = 1 << 30, 64 << 20
	s, _ := newSite(t, 1)
	s.workers = 2
	b := s.run(t)
	client := newClient(t)
	ways := []struct {
		name string
		move func(n int64) error
	}{
		{"download", func(n int64) error { return download(client, s.place.url(fmt.Sprintf("/bytes/%d", n)), n) }},
		{"upload", func(n int64) error { return upload(client, s.place.url("/continue/silent"), n, n) }},
	}
	for _, w := range ways {
		if err := w.move(warm); err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
	}
	before := b.sum(rig.Memory)
	b.sum(func(pid int) (int64, error) { return 0, rig.ResetPeak(pid) })
	for _, w := range ways {
		begin := time.Now()
		if err := w.move(large); err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		t.Logf("%s of 1 GiB in %v", w.name, time.Since(begin).Round(time.Millisecond))
	}
	if grown := b.sum(rig.PeakMemory) - before; grown > growth {
		t.Errorf("the workers grew by %d KiB, want less than %d", grown>>10, growth>>10)
	}
}

// download fetches n bytes and forgets them.
func download(c *http.Client, url string, n int64) error {
	resp, err := c.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.Copy(io.Discard, resp.Body)
	if got != n {
		err = errors.Join(err, fmt.Errorf("got %d bytes of %d", got, n))
	}
	return err
}

// upload sends n bytes, with Content-Length when length is not negative, else in chunks. The answer's first line must
// tell how many arrived.
func upload(c *http.Client, url string, n, length int64) error {
	req, err := http.NewRequest("POST", url, struct{ io.Reader }{server.Pattern(n)})
	if err != nil {
		return err
	}
	req.ContentLength = length
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if want := fmt.Sprintf("bytes %d\n", n); !strings.HasPrefix(string(body), want) {
		err = errors.Join(err, fmt.Errorf("status %d, answer %q, want %q", resp.StatusCode, body, want))
	}
	return err
}

// The same bytes come out, whatever the framing and the size: empty, one, around buffer sizes, large.
func TestBodiesPassUnchanged(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.workers = 2
	s.run(t)
	client := newClient(t)
	sizes := []int64{0, 1, 100, 4095, 4096, 4097, 8191, 16383, 16384, 16385, 32768, 65535, 65536, 1_000_003, 5_000_000}
	for _, n := range sizes {
		want := pattern(t, n)
		for _, path := range []string{"bytes", "chunked", "close", "trailer"} {
			if a := fetch(t, client, s.place.url(fmt.Sprintf("/%s/%d", path, n))); a.body != string(want) {
				t.Errorf("/%s/%d: other bytes came out (%d)", path, n, len(a.body))
			}
		}
		sum := fmt.Sprintf("bytes %d\ncrc32 %08x\n", n, crc32.ChecksumIEEE(want))
		for _, length := range []int64{n, -1} {
			if got := post(t, client, s.place.url("/upload"), want, length); got != sum {
				t.Errorf("upload of %d, length %d: %q, want %q", n, length, got, sum)
			}
			if got := post(t, client, s.place.url("/echo"), want, length); got != string(want) {
				t.Errorf("echo of %d, length %d: other bytes came out (%d)", n, length, len(got))
			}
		}
	}
}

func pattern(t *testing.T, n int64) []byte {
	t.Helper()
	b, err := io.ReadAll(server.Pattern(n))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// post sends a body and returns the answer's; a negative length makes it chunked.
func post(t *testing.T, c *http.Client, url string, body []byte, length int64) string {
	t.Helper()
	req, err := http.NewRequest("POST", url, struct{ io.Reader }{bytes.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = length
	if length == 0 {
		req.Body = http.NoBody
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// Chunk sizes decide where the ends of chunks fall in the buffers.
func TestChunkSizes(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.run(t)
	client := newClient(t)
	want := string(pattern(t, 100_000))
	for _, size := range []int{1, 2, 15, 16, 17, 4095, 16382, 16384, 16390, 60_000} {
		n := min(100_000, size*5000)
		if a := fetch(t, client, s.place.url(fmt.Sprintf("/chunked/%d/%d", n, size))); a.body != want[:n] {
			t.Errorf("chunks of %d: other bytes came out (%d)", size, len(a.body))
		}
	}
}

// A reader that does not read stops the sender instead of filling the memory, in both directions.
func TestBackPressure(t *testing.T) {
	t.Parallel()
	const streams, size = 20, 256 << 20
	s, _ := newSite(t, 1)
	b := s.run(t)
	warm := newClient(t)
	if err := errors.Join(download(warm, s.place.url("/bytes/10000000"), 10_000_000),
		upload(warm, s.place.url("/upload"), 10_000_000, 10_000_000)); err != nil {
		t.Fatal(err)
	}
	before := b.sum(rig.Memory)
	b.sum(func(pid int) (int64, error) { return 0, rig.ResetPeak(pid) })
	for i := range streams {
		c := dial(t, s.place.front())
		if i%2 == 0 {
			c.send(fmt.Sprintf("GET /bytes/%d HTTP/1.1\r\nHost: raw\r\n\r\n", size))
			continue
		}
		c.send(fmt.Sprintf("POST /slow/read/1/1000 HTTP/1.1\r\nHost: raw\r\nContent-Length: %d\r\n\r\n", size))
		stuff(c)
	}
	cpu := rig.ReadCPU(b.workers()...)
	quiet := time.Now()
	c := dial(t, s.place.front())
	for range 10 { // others are served meanwhile
		c.get("/delay/100", 200)
	}
	// The kernel's buffers are full by now: nothing moves, so nothing may spin either.
	if used := rig.ReadCPU(b.workers()...).Sub(cpu).Total(); used > time.Since(quiet)/2 {
		t.Errorf("%v of processor time within %v of waiting", used, time.Since(quiet))
	}
	if grown := b.sum(rig.PeakMemory) - before; grown > growth {
		t.Errorf("the workers grew by %d KiB with %d stuck streams, want less than %d", grown>>10, streams, growth>>10)
	}
}

// stuff writes until the connection takes no more for a while.
func stuff(c *raw) {
	block := make([]byte, 64<<10)
	for {
		if err := c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			c.t.Fatal(err)
		}
		if _, err := c.Write(block); err != nil {
			return
		}
	}
}
