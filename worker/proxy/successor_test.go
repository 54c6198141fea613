package proxy

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/shared/counter"
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

// TestHandOver: idle connections of a proxy that drains move to another one, with a request that comes in that moment; a running
// request is finished first, and its connection moves then.
func TestHandOver(t *testing.T) {
	old, next := start(t, "127.61.7.1", nil, echoAll), start(t, "127.61.7.2", nil, named("b"))
	idle, busy := old.dial(), old.dial()
	idle.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
	idle.want(echoed("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""))
	busy.send("POST / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\nContent-Length: 2\r\n\r\n")
	for old.proxy.counters[counter.Requests].Load() < 2 {
	}
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	next.do(func() {
		if err := next.proxy.AddPredecessor(theirs); err != nil {
			t.Error(err)
		}
	})
	old.do(func() { old.proxy.HandOver(mine, [][]control.Place{{control.PlaceOf(control.Shard{})}}, nil) })
	idle.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
	idle.want("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb")
	busy.send("hi")
	busy.want(echoed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n", ""))
	busy.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
	busy.want("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb")
	old.ends()
	if n := next.proxy.counters[counter.Sessions].Load(); n != 0 {
		t.Errorf("%d sessions counted anew: they were counted when they were accepted", n)
	}
}

// TestNoSuccessor: where the next generation does not have the address, connections end with their request.
func TestNoSuccessor(t *testing.T) {
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
		if err := other.proxy.AddPredecessor(theirs); err != nil {
			t.Error(err)
		}
	})
	f.do(func() { f.proxy.HandOver(mine, [][]control.Place{{control.NoPlace}}, nil) })
	if got := c.wantEnd(); got != "" {
		t.Errorf("got %q", got)
	}
	f.ends()
}

// TestHandOverExact: where the next generation has a single address of a bind that had all, the clients of that move to it.
func TestHandOverExact(t *testing.T) {
	old, next := start(t, "127.61.7.15", nil, echoHead), start(t, "127.61.7.16", nil, named("b"))
	c := old.dial()
	c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
	c.want(echoed("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""))
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	next.do(func() {
		if err := next.proxy.AddPredecessor(theirs); err != nil {
			t.Error(err)
		}
	})
	exact := map[netip.AddrPort]control.Place{netip.MustParseAddrPort(old.addr): control.PlaceOf(control.Shard{})}
	old.do(func() { old.proxy.HandOver(mine, [][]control.Place{{control.NoPlace}}, exact) })
	c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
	c.want("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb")
	old.ends()
}

// link makes a channel with room for some connections, 0 meaning hundreds, and returns what names the successor to an old proxy.
func link(t *testing.T, successor *fixture, room int) (handOver func(old *Proxy)) {
	t.Helper()
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	if room > 0 {
		const each = 768 // bytes that the kernel counts for a message of 4
		if err := unix.SetsockoptInt(mine, unix.SOL_SOCKET, unix.SO_SNDBUF, room*each/2); err != nil {
			t.Fatal(err)
		}
	}
	successor.do(func() {
		if err := successor.proxy.AddPredecessor(theirs); err != nil {
			t.Error(err)
		}
	})
	return func(old *Proxy) { old.HandOver(mine, [][]control.Place{{control.PlaceOf(control.Shard{})}}, nil) }
}

// idlers are clients that have been answered once.
func idlers(f *fixture, n int) []*client {
	f.t.Helper()
	var all []*client
	for range n {
		c := f.dial()
		c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
		c.want(echoed("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""))
		all = append(all, c)
	}
	return all
}

// served says that all go on with a proxy whose server is c.
func served(all []*client) {
	for _, c := range all {
		c.t.Helper()
		c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
		c.want("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n")
	}
}

// TestSuccessorThatHasDrained: a successor that has drained itself passes on what still comes.
func TestSuccessorThatHasDrained(t *testing.T) {
	first, second, third := start(t, "127.61.7.5", nil, echoHead), start(t, "127.61.7.6", nil, echoHead), start(t, "127.61.7.7", nil, named("c"))
	clients := idlers(first, 20)
	toSecond, toThird := link(t, second, 0), link(t, third, 0)
	second.do(func() {
		first.do(func() { toSecond(first.proxy) })
		first.do(func() {}) // the turn is over in which it has offered all
		toThird(second.proxy)
	})
	first.ends()
	second.ends()
	served(clients)
}

// TestSuccessorLeaves: when a successor leaves before it has got everything, the rest waits for another one.
func TestSuccessorLeaves(t *testing.T) {
	first, second, third := start(t, "127.61.7.8", nil, echoHead), start(t, "127.61.7.9", nil, echoHead), start(t, "127.61.7.10", nil, named("c"))
	clients := idlers(first, 40)
	toSecond, toThird, alsoToThird := link(t, second, 10), link(t, third, 0), link(t, third, 0)
	goOn := make(chan struct{})
	second.do(func() {
		first.do(func() { toSecond(first.proxy) })
		first.do(func() {})              // the channel is full
		first.calls <- func() { <-goOn } // and nothing more comes before the second one has left
		unix.Write(first.bell, []byte{1, 7: 0})
		toThird(second.proxy)
	})
	second.ends()
	close(goOn)
	first.do(func() { first.proxy.offerAll() })
	first.do(func() {
		if !first.proxy.successor.gone {
			t.Error("the successor takes more")
		}
		alsoToThird(first.proxy)
	})
	first.ends()
	served(clients)
}

// TestNoOtherSuccessor: without another one the rest ends.
func TestNoOtherSuccessor(t *testing.T) {
	first := start(t, "127.61.7.11", nil, echoHead)
	clients := idlers(first, 3)
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(theirs)
	first.do(func() { first.proxy.HandOver(mine, [][]control.Place{{control.PlaceOf(control.Shard{})}}, nil) })
	first.do(func() { first.proxy.loop.Leap(successorTime.Milliseconds()) })
	for _, c := range clients {
		if got := c.wantEnd(); got != "" {
			t.Errorf("got %q", got)
		}
	}
	first.ends()
}
