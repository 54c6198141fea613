package proxy

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
)

// TestLingering: a client that goes on sending after the answer, for longer than it may be silent, gets all of that.
func TestLingering(t *testing.T) {
	body := strings.Repeat("x", 500_000) // more than the client's kernel takes
	f := start(t, "127.61.12.130", nil, func(c net.Conn, in *bufio.Reader) {
		head(in)
		io.WriteString(c, "HTTP/1.1 413 x\r\nConnection: close\r\nContent-Length: 500000\r\n\r\n"+body)
		io.Copy(io.Discard, in)
	})
	c := f.slowly()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
	f.await("the answer has been sent", func() bool { return f.proxy.sessions.At(0).state == lingering })
	for range 6 {
		var before int64
		f.do(func() { before = f.proxy.sessions.At(0).since; f.proxy.loop.Leap(lingerTime / 4) })
		c.send("yyyy")
		f.await("it has come", func() bool { return f.proxy.sessions.At(0).since > before })
	}
	h := head(c.in)
	got, err := io.ReadAll(c.in)
	if !strings.HasPrefix(h, "HTTP/1.1 413") || string(got) != body || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestLingeringEnds: nobody is waited for who neither sends nor takes anything, nor longer than half a minute.
func TestLingeringEnds(t *testing.T) {
	f := start(t, "127.61.12.131", nil, nil)
	lingers := func() *client {
		c := f.dial()
		c.send("BAD\r\n")
		f.await("the client has its answer", func() bool { s := f.proxy.sessions.At(0); return s != nil && s.state == lingering })
		return c
	}
	lingers()
	f.do(func() { f.proxy.loop.Leap(lingerTime) })
	f.await("the silent one is gone", func() bool { return f.proxy.Sessions() == 0 })
	c := lingers()
	for range lingerMost / lingerTime * 2 {
		io.WriteString(c, "x") // which fails at the end
		f.do(func() { f.proxy.loop.Leap(lingerTime / 2) })
	}
	f.await("the other one is gone", func() bool { return f.proxy.Sessions() == 0 })
}
