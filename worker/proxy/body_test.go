package proxy

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"testing"

	"lbmaster/worker/buffer"
	"lbmaster/worker/flow"
)

// pattern is n bytes that do not repeat soon.
func pattern(n int) []byte {
	p := make([]byte, n)
	r := rand.NewChaCha8([32]byte{})
	r.Read(p) // never fails
	return p
}

// chunked frames p in chunks of at most size bytes.
func chunked(p []byte, size int) string {
	var b strings.Builder
	for len(p) > 0 {
		n := min(len(p), size)
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, p[:n])
		p = p[n:]
	}
	return b.String() + "0\r\n\r\n"
}

// mirror answers every request with its own body, framed as it came.
func mirror(c net.Conn, in *bufio.Reader) {
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		if r.ContentLength < 0 {
			answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, len(body))
		}
		if _, err := io.WriteString(c, answer); err != nil {
			return
		}
	}
}

// Bodies pass unchanged in both directions, those that are spliced too, and the next request finds its place.
func TestBodiesOfAllSizes(t *testing.T) {
	f := start(t, "127.61.5.1", nil, mirror)
	c := f.dial()
	const head = "POST / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n"
	for _, n := range []int{1, buffer.Size - 200, buffer.Size, flow.SpliceFrom - 1, flow.SpliceFrom, flow.SpliceFrom + 1, 200_000, 3 << 20} {
		body := pattern(n)
		c.send(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, n, body))
		c.want(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", n, body))
		for _, size := range []int{n, 1 + n/3} {
			c.send(head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(body, size))
			c.want("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			got, err := io.ReadAll(httputil.NewChunkedReader(c.in))
			if err != nil || string(got) != string(body) {
				t.Fatalf("%d bytes in chunks of %d: %d came back, %v", n, size, len(got), err)
			}
			c.want("\r\n")
		}
	}
	f.do(func() {
		if f.proxy.worker.Pools.Pipes.Taken() > 0 || !f.proxy.worker.Pools.Pipes.Trim(0) {
			t.Error("nothing was spliced, or a pipe is still held")
		}
	})
}

// What a server sends behind the end of its response is not taken for the answer to the next request: neither behind a body
// that was spliced, nor behind one whose end is the end of a receive buffer.
func TestNothingFollowsAResponse(t *testing.T) {
	const get = "GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n"
	const next = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext"
	const evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
	for i, size := range []int{buffer.Size, 2 * buffer.Size, 1 << 20} {
		head := "HTTP/1.1 200 OK\r\nContent-Length: " + itoa5(size) + "\r\n\r\n"
		first := head + string(pattern(size))
		if size < flow.SpliceFrom {
			first = strings.Replace(head, itoa5(size), itoa5(size-len(head)), 1) + string(pattern(size-len(head)))
		}
		var served atomic.Int32
		f := start(t, fmt.Sprintf("127.61.5.%d", 2+i), nil, func(c net.Conn, in *bufio.Reader) {
			answers := []string{first + evil, evil}
			if served.Add(1) > 1 {
				answers = []string{next}
			}
			script(answers...)(c, in)
		})
		c := f.dial()
		c.send(get)
		c.want(first)
		c.send(get)
		c.want(next)
	}
}

func itoa5(n int) string { return fmt.Sprintf("%05d", n) }
