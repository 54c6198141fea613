package proxy

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"

	"lbmaster/shared/control"
)

// echoAll is echoHead for requests of which some have a body of two bytes.
func echoAll(c net.Conn, in *bufio.Reader) {
	for {
		h := head(in)
		if strings.HasPrefix(h, "POST") {
			in.Discard(2)
		}
		if !strings.HasSuffix(h, "\r\n\r\n") {
			return
		}
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(h), h)
	}
}

// TestHeir: idle connections of a proxy that drains move to another one, with a request that comes in that moment; a running
// request is finished first, and its connection moves then.
func TestHeir(t *testing.T) {
	old, next := start(t, "127.61.7.1", nil, echoAll), start(t, "127.61.7.2", nil, named("b"))
	idle, busy := old.dial(), old.dial()
	idle.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
	idle.want(echoed("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""))
	busy.send("POST / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\nContent-Length: 2\r\n\r\n")
	for old.proxy.counters.Requests.Load() < 2 {
	}
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	next.do(func() {
		if err := next.proxy.Inherit(theirs); err != nil {
			t.Error(err)
		}
	})
	old.do(func() { old.proxy.Succeed(mine, [][]control.Place{{control.PlaceOf(control.Shard{})}}) })
	idle.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
	idle.want("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb")
	busy.send("hi")
	busy.want(echoed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n", ""))
	busy.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
	busy.want("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb")
	old.ends()
	if n := next.proxy.counters.Sessions.Load(); n != 0 {
		t.Errorf("%d sessions counted anew: they were counted when they were accepted", n)
	}
}

// TestNoHeir: where the next generation does not have the address, connections end with their request.
func TestNoHeir(t *testing.T) {
	f := start(t, "127.61.7.3", nil, echoHead)
	c := f.dial()
	c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
	c.want(echoed("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""))
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	other := start(t, "127.61.7.4", nil, echoHead)
	other.do(func() {
		if err := other.proxy.Inherit(theirs); err != nil {
			t.Error(err)
		}
	})
	f.do(func() { f.proxy.Succeed(mine, [][]control.Place{{control.NoPlace}}) })
	if got := c.wantEnd(); got != "" {
		t.Errorf("got %q", got)
	}
	f.ends()
}

// TestLastWill: an heir that has drained itself passes on what still comes.
func TestLastWill(t *testing.T) {
	first, second, third := start(t, "127.61.7.5", nil, echoHead), start(t, "127.61.7.6", nil, echoHead), start(t, "127.61.7.7", nil, named("c"))
	var clients []*client
	for range 8 { // as many as fit into a channel, whose reader stands still meanwhile
		c := first.dial()
		c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
		c.want(echoed("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""))
		clients = append(clients, c)
	}
	link := func(heir *fixture) (succeed func(old *Proxy)) {
		mine, theirs, err := control.Pair()
		if err != nil {
			t.Fatal(err)
		}
		heir.do(func() {
			if err := heir.proxy.Inherit(theirs); err != nil {
				t.Error(err)
			}
		})
		return func(old *Proxy) { old.Succeed(mine, [][]control.Place{{control.PlaceOf(control.Shard{})}}) }
	}
	toSecond, toThird := link(second), link(third)
	second.do(func() {
		first.do(func() { toSecond(first.proxy) })
		first.do(func() {}) // the turn is over in which it has offered all
		toThird(second.proxy)
	})
	first.ends()
	second.ends()
	for _, c := range clients {
		c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
		c.want("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n")
	}
}
