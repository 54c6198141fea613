package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"lbmaster/conf"
	"lbmaster/shared/counter"
	"lbmaster/worker/buffer"
	"lbmaster/worker/flow"
)

// These tests take a large head on each of the ways that a small one has.

// heads that need each size of buffer, and one that leaves no room behind it.
var largeHeads = []int{25 << 10, 39 << 10, 60 << 10, 100_000, 200 << 10, 256 << 10}

// Bodies that come with a large head or behind it pass unchanged, those that are spliced too, and so does what follows them.
func TestBodiesBehindLargeHeads(t *testing.T) {
	f := start(t, "127.61.9.30", allows(256<<10), obeys)
	for _, head := range largeHeads {
		c := f.dial()
		for _, size := range []int{1, 5000, buffer.Size, 40_000, 100_000, flow.SpliceFrom + 1, 1 << 20} {
			body := padding(size)
			ask := asks("POST", head, body, head, size)
			go io.WriteString(c, ask+ask)
			c.want(answers(ask, head, size) + answers(ask, head, size))
		}
	}
	f.do(func() {
		if f.proxy.worker.Pools.Pipes.Taken() > 0 || !f.proxy.worker.Pools.Pipes.Trim(0) {
			t.Error("nothing was spliced, or a pipe is still held")
		}
	})
}

// Chunks that come with a large head pass unchanged, and bad ones are answered 400.
func TestChunksBehindLargeHeads(t *testing.T) {
	f := start(t, "127.61.9.31", allows(256<<10), mirror)
	for _, n := range largeHeads {
		c := f.dial()
		head := padded("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n", n)
		body := []byte(padding(30_000))
		for range 2 {
			c.send(head + chunked(body, 1000))
			c.want("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, len(body)))
		}
		c.send(head + "no chunk")
		c.startsWith("HTTP/1.1 400 ")
	}
}

// Requests that come behind a large one in the same receive are answered in order, large ones among them.
func TestPipelineBehindLargeHeads(t *testing.T) {
	f := start(t, "127.61.9.32", allows(256<<10), obeys)
	c := f.dial()
	var asked, answered strings.Builder
	for i, n := range append(largeHeads, largeHeads...) {
		for _, ask := range []string{asks("GET", n, "", 0, i), asks("HEAD", 0, "", n, 5), asks("POST", 0, padding(i), 0, 3), asks("GET", 18<<10, "", 18<<10, 1)} {
			asked.WriteString(ask)
			var headOf, bodyOf int
			fmt.Sscanf(strings.Fields(ask)[1], "/%d/%d", &headOf, &bodyOf)
			answered.WriteString(answers(ask, headOf, bodyOf))
		}
		asked.WriteString(strings.Repeat(asks("GET", 0, "", 0, 0), 50))
		answered.WriteString(strings.Repeat(answers(asks("GET", 0, "", 0, 0), 0, 0), 50))
	}
	go io.WriteString(c, asked.String())
	c.want(answered.String())
}

// A large request is sent again when a reused connection dies, and when a server cannot be reached.
func TestLargeRequestIsRepeated(t *testing.T) {
	f := start(t, "127.61.9.33", allows(256<<10), func(c net.Conn, in *bufio.Reader) {
		if head := wholeHead(in); head != "" {
			io.WriteString(c, answers(head, 0, 0))
		}
		wholeHead(in) // and no answer
	})
	c := f.dial()
	for _, n := range largeHeads {
		ask := asks("GET", n, "", 0, 0)
		c.send(ask)
		c.want(answers(ask, 0, 0))
	}
	if n := f.proxy.backends[0].Counters[counter.Retries].Load(); n != uint64(len(largeHeads)-1) {
		t.Errorf("%d retries, want %d", n, len(largeHeads)-1)
	}

	f = start(t, "127.61.9.34", func(c *conf.Config) {
		allows(256 << 10)(c)
		c.Backends[0].Retries, c.Backends[0].Redispatch = 1, true
	}, nil, obeys)
	for range 2 { // one at least goes to the server that is not there
		c := f.dial()
		ask := asks("POST", 200<<10, padding(10_000), 0, 0)
		c.send(ask)
		c.want(answers(ask, 0, 0))
	}
	if n := f.proxy.backends[0].Counters[counter.Redispatches].Load(); n == 0 {
		t.Error("no redispatch")
	}
}

// Interim responses, tunnels and the bytes behind them may have large heads too.
func TestLargeHeadsOfOtherResponses(t *testing.T) {
	interim := padded("HTTP/1.1 103 Early Hints\r\n", 100_000)
	final := padded("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", 50_000) + "abc"
	switched := padded("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n", 60_000)
	switched = strings.TrimSuffix(switched, "\r\n") + "Connection: upgrade\r\n\r\n"
	f := start(t, "127.61.9.35", allows(256<<10), func(c net.Conn, in *bufio.Reader) {
		for {
			switch head := wholeHead(in); {
			case strings.HasPrefix(head, "GET /interim"):
				io.WriteString(c, interim+interim+final)
			case strings.HasPrefix(head, "GET /upgrade"):
				io.WriteString(c, switched+"early")
				io.Copy(c, in)
				return
			case strings.HasPrefix(head, "CONNECT"):
				io.WriteString(c, padded("HTTP/1.1 200 OK\r\n", 60_000)+"early")
				io.Copy(c, in)
				return
			default:
				return
			}
		}
	})
	c := f.dial()
	for range 3 {
		c.send(padded("GET /interim HTTP/1.1\r\nHost: a\r\n", 70_000))
		c.want(interim + interim + final)
	}
	c.send(padded("GET /upgrade HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n", 70_000))
	c.want(switched + "early")
	c.tunnels(300_000)

	c = f.dial()
	c.send(padded("CONNECT b:1 HTTP/1.1\r\nHost: b:1\r\n", 70_000) + "at once")
	c.want(padded("HTTP/1.1 200 OK\r\n", 60_000) + "early" + "at once")
	c.tunnels(300_000)
	f.do(func() {
		if n, _ := f.proxy.http.Exchanges(); n > 0 {
			t.Errorf("tunnels hold %d heads", n)
		}
	})
}

// tunnels says that bytes come back.
func (c *client) tunnels(n int) {
	c.t.Helper()
	go io.WriteString(c, padding(n))
	c.want(padding(n))
}

// The smaller one of a large head and what has come of its body is moved. Much of the head may be ours, and not go on.
func TestLargeHeadShrinks(t *testing.T) {
	own := strings.Repeat("Set-Cookie: SERVERID="+padding(1000)+"\r\n", 60)
	for i, size := range []int{0, 10, 15_000, 50_000, 1 << 20} {
		f := start(t, fmt.Sprintf("127.61.9.%d", 40+i), func(c *conf.Config) { c.Frontends[0].MaxHeader = 256 << 10 },
			func(c net.Conn, in *bufio.Reader) {
				for wholeHead(in) != "" {
					fmt.Fprintf(c, "HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", own, size, padding(size))
				}
			})
		c := f.dial()
		for range 3 {
			c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
			c.want(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, padding(size)))
		}
	}
}

// A connection that is handed over goes on with large heads, which are bounded by what its new frontend allows.
func TestLargeHeadsAfterHandOver(t *testing.T) {
	first, second := start(t, "127.61.9.36", allows(64<<10), obeys), start(t, "127.61.9.37", allows(128<<10), obeys)
	toSecond := link(t, second, 0)
	c, tooMuch := first.dial(), first.dial()
	for _, d := range []*client{c, tooMuch} {
		ask := asks("GET", 64<<10, "", 64<<10, 0)
		d.send(ask)
		d.want(answers(ask, 64<<10, 0))
	}
	first.do(func() { toSecond(first.proxy) })
	first.ends()
	ask := asks("GET", 128<<10, "", 128<<10, 0)
	c.send(ask + ask)
	c.want(answers(ask, 128<<10, 0) + answers(ask, 128<<10, 0))
	go io.WriteString(tooMuch, asks("GET", 128<<10+1, "", 0, 0))
	tooMuch.startsWith("HTTP/1.1 431 ")
}

// What is added to a head has room, also where the head alone would just fit into a smaller buffer.
func TestFieldsAreAddedToLargeHeads(t *testing.T) {
	f := start(t, "127.61.9.38", func(c *conf.Config) {
		c.Frontends[0].MaxHeader, c.Frontends[0].ForwardFor = 256<<10, true
		c.Backends[0].Servers[0].Cookie = strings.Repeat("v", 256)
	}, obeys)
	for _, n := range []int{buffer.Size, 39 << 10, 71 << 10, 135 << 10, 256 << 10} {
		c := f.dial()
		ask := strings.TrimSuffix(asks("GET", n, "", n, 0), "\r\n")
		c.send(ask + "\r\n")
		answer := strings.TrimSuffix(answers(ask+"X-Forwarded-For: 127.0.0.1\r\n\r\n", n, 0), "\r\n")
		c.want(answer + "Set-Cookie: SERVERID=" + strings.Repeat("v", 256) + "; path=/\r\n\r\n")
	}
}
