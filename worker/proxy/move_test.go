package proxy

import (
	"net/netip"
	"testing"
)

// TestServerMoves: a server whose address is changed at run time is reached there with the next request, also by a client
// that is connected, and no connection to the old address is used again.
func TestServerMoves(t *testing.T) {
	const addr = "127.61.1.77"
	answer := func(name string) handler {
		return script("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"+name+"1", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"+name+"2")
	}
	f := start(t, addr, nil, answer("a"))
	serve(t, addr+":8009", answer("b"))
	c := f.dial()
	get := func(want string) {
		t.Helper()
		c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
		c.want("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + want)
	}
	move := func(to string) { f.do(func() { f.proxy.board.StoreAddress(0, netip.MustParseAddrPort(to)) }) }
	get("a1")
	move(addr + ":8009")
	get("b1")
	get("b2")
	move(addr + ":8001")
	get("a1") // the idle connection of the beginning would have said a2
	f.do(func() {
		if n := f.stats.IdleNow(3); n != 1 {
			t.Errorf("%d idle connections, want 1", n)
		}
	})
}
