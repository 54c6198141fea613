package proxy

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"lbmaster/conf"
	"lbmaster/shared/counter"
	"lbmaster/worker/buffer"
)

// padding is n bytes for a field's value that show when something is missing or in the wrong place.
func padding(n int) string { return paddings()[:n] }

var paddings = sync.OnceValue(func() string {
	var b strings.Builder
	for i := 0; b.Len() < 1<<20; i++ {
		fmt.Fprintf(&b, "%06x.", i)
	}
	return b.String()
})

// padded is a head with the fields, and one more that makes it n bytes long; the fields alone when they are longer.
func padded(fields string, n int) string {
	const name, end = "X-Padding: ", "\r\n\r\n"
	if rest := n - len(fields) - len(name) - len(end); rest > 0 {
		return fields + name + padding(rest) + end
	}
	return fields + "\r\n"
}

// asks is a request whose head has n bytes, for a response whose head and body have so many.
func asks(method string, n int, body string, headOf, bodyOf int) string {
	length := ""
	if body != "" {
		length = fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	return padded(fmt.Sprintf("%s /%d/%d HTTP/1.1\r\nHost: a\r\n%s", method, headOf, bodyOf, length), n) + body
}

// answers is the response to such a request.
func answers(request string, headOf, bodyOf int) string {
	head, body, _ := strings.Cut(request, "\r\n\r\n")
	fields := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Got: %d %08x %08x\r\n", bodyOf, len(head)+4,
		crc32.ChecksumIEEE([]byte(head)), crc32.ChecksumIEEE([]byte(body)))
	answer := padded(fields, headOf)
	if !strings.HasPrefix(request, "HEAD ") {
		answer += padding(bodyOf)
	}
	return answer
}

// wholeHead reads a head of any size.
func wholeHead(in *bufio.Reader) string {
	var all strings.Builder
	for {
		line, err := in.ReadString('\n')
		all.WriteString(line)
		if err != nil || len(line) <= 2 {
			return all.String()
		}
	}
}

// obeys answers as it is asked.
func obeys(c net.Conn, in *bufio.Reader) {
	for {
		head := wholeHead(in)
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
		if err != nil {
			return
		}
		body := make([]byte, max(r.ContentLength, 0))
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		var headOf, bodyOf int
		fmt.Sscanf(r.URL.Path, "/%d/%d", &headOf, &bodyOf)
		io.WriteString(c, answers(head+string(body), headOf, bodyOf))
	}
}

// allows lets heads have n bytes, and passes them on as they are.
func allows(n int) func(*conf.Config) {
	return func(c *conf.Config) { c.Frontends[0].MaxHeader, c.Backends[0].Cookie = n, nil }
}

// startsWith reads the rest of the connection, which begins with s.
func (c *client) startsWith(s string) {
	c.t.Helper()
	if got := c.wantEnd(); !strings.HasPrefix(got, s) {
		c.t.Errorf("got %.80q, want %q", got, s)
	}
}

// TestMaxHeader: a head of as many bytes as are allowed passes, in either direction, and one with a byte more does not.
func TestMaxHeader(t *testing.T) {
	for i, n := range []int{0, 4 << 10, 16 << 10, 20<<10 - 1, 20 << 10, 20<<10 + 1, 32 << 10, 39 << 10, 40 << 10, 64 << 10, 100_001, 128 << 10, 256 << 10} {
		f := start(t, fmt.Sprintf("127.61.9.%d", 1+i), allows(n), obeys)
		limit := n
		if n == 0 {
			limit = conf.DefaultMaxHeader
		}
		c := f.dial()
		for range 3 {
			for _, size := range []struct{ request, response int }{{limit, limit}, {0, 0}, {limit - 1, 0}, {0, limit - 1}} {
				ask := asks("GET", size.request, "", size.response, 10)
				c.send(ask)
				c.want(answers(ask, size.response, 10))
			}
		}
		d := f.dial()
		go func() { io.WriteString(d, asks("GET", limit+1, "", 0, 0)) }() // it may be refused before all is sent
		d.startsWith("HTTP/1.1 431 ")
		d = f.dial()
		go func() { io.WriteString(d, "GET /"+padding(limit)+" HTTP/1.1\r\nHost: a\r\n\r\n") }()
		d.startsWith("HTTP/1.1 414 ")
		if n := f.proxy.frontends[0].Counters[counter.RequestErrors].Load(); n != 2 {
			t.Errorf("%d bytes: %d request errors, want 2", limit, n)
		}
		c.send(asks("GET", 0, "", limit+1, 0))
		c.startsWith("HTTP/1.1 502 ")
		if n := f.proxy.backends[0].Counters[counter.ResponseErrors].Load(); n != 1 {
			t.Errorf("%d bytes: %d response errors, want 1", limit, n)
		}
	}
}

// TestLargeHeadInPieces: it makes no difference how a head comes.
func TestLargeHeadInPieces(t *testing.T) {
	f := start(t, "127.61.9.20", allows(256<<10), obeys)
	c := f.dial()
	for _, piece := range []int{1000, 20 << 10, 20<<10 + 1, 39 << 10, 100_000} {
		ask := asks("GET", 256<<10, "", 0, 0)
		for rest := ask; rest != ""; {
			n := min(piece, len(rest))
			c.send(rest[:n])
			rest = rest[n:]
			f.do(func() {})
		}
		c.want(answers(ask, 0, 0))
	}
}

// large says how many bytes of free buffers are those of larger ones. It lets go of all.
func (f *fixture) large() (n int) {
	f.do(func() {
		if taken := f.proxy.worker.Pools.Buffers.Taken(); taken > 0 {
			f.t.Errorf("%d buffers are in use", taken)
		}
		idle := f.proxy.worker.Pools.Buffers.Idle()
		n = f.proxy.worker.Pools.Buffers.Shrink() + f.proxy.worker.Pools.Buffers.Shrink() - idle*(buffer.Front+buffer.Size)
	})
	return n
}

// TestSmallHeadsTakeSmallBuffers: where large heads are allowed, small ones cost no more than elsewhere. A large one takes a buffer of
// each size up to its own, and one more to be sent from.
func TestSmallHeadsTakeSmallBuffers(t *testing.T) {
	f := start(t, "127.61.9.22", allows(256<<10), obeys)
	c := f.dial()
	exchange := func(request, response int, body string, bodyOf int) {
		t.Helper()
		ask := asks("POST", request, body, response, bodyOf)
		c.send(ask)
		c.want(answers(ask, response, bodyOf))
		c.send(asks("GET", 0, "", 0, 0)) // when this one is answered, nothing is left of the other
		c.want(answers(asks("GET", 0, "", 0, 0), 0, 0))
	}
	for _, size := range []int{0, 15 << 10, buffer.Size - buffer.Front} {
		exchange(size, size, padding(100_000), 100_000)
	}
	if n := f.large(); n != 0 {
		t.Errorf("small heads have taken %d bytes of larger buffers", n)
	}
	exchange(buffer.Size+1, 0, "x", 1)
	if n, least := f.large(), 2*(40<<10-buffer.Front-buffer.Size); n < least {
		t.Errorf("a head of 20 KiB has taken %d bytes of larger buffers, want at least %d", n, least)
	}
	if n := f.large(); n != 0 {
		t.Errorf("%d bytes of larger buffers are left", n)
	}
}

// TestManyPrefixes: a head that outgrows a small buffer by the prefixes of its cookies gets a larger one.
func TestManyPrefixes(t *testing.T) {
	f := start(t, "127.61.9.23", func(c *conf.Config) {
		c.Backends[0].Cookie = &conf.Cookie{Name: "S", Mode: conf.CookiePrefix}
		c.Backends[0].Servers[0].Cookie = strings.Repeat("v", 256)
	}, setsCookies(strings.Repeat("Set-Cookie: S=1\r\n", 100)+"Set-Cookie: T=1\r\n"))
	c := f.dial()
	for range 3 {
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		c.want("HTTP/1.1 200 OK\r\n" + strings.Repeat("Set-Cookie: S="+strings.Repeat("v", 256)+"~1\r\n", 100) +
			"Set-Cookie: T=1\r\nContent-Length: 0027\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
	}
}

// TestTooManyPrefixes: a head that outgrows the largest buffer is the server's fault.
func TestTooManyPrefixes(t *testing.T) {
	f := start(t, "127.61.9.24", func(c *conf.Config) {
		c.Frontends[0].MaxHeader = conf.MostMaxHeader
		c.Backends[0].Cookie = &conf.Cookie{Name: "S", Mode: conf.CookiePrefix}
		c.Backends[0].Servers[0].Cookie = strings.Repeat("v", 256)
	}, setsCookies(strings.Repeat("Set-Cookie: S=1\r\n", 100)+"X: "+padding(250_000)+"\r\n"))
	c := f.dial()
	c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	c.startsWith("HTTP/1.1 502 ")
}
