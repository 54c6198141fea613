package proxy

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/shared/status"
	"lbmaster/worker/upstream"
)

// TestIdentity: whom a server knows by the connection is nobody else, not even after the end.
func TestIdentity(t *testing.T) {
	for _, tt := range []struct {
		name, addr string
		enter      func(c *client, user string)
	}{
		{"NTLM", "127.61.8.1", func(c *client, user string) { c.ntlm("a", user) }},
		{"Negotiate", "127.61.8.2", func(c *client, user string) { c.gets("200 a "+user, "Authorization: Negotiate "+user) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := &login{name: "a"}
			f := start(t, tt.addr, nil, l.serve)
			alice, bob := f.dial(), f.dial()
			tt.enter(alice, "alice")
			bob.gets("401 ")
			alice.gets("200 a alice")
			bob.gets("401 ")
			tt.enter(bob, "bob")
			alice.gets("200 a alice")
			bob.gets("200 a bob")
			if n := l.handshakes.Load(); n != 2 {
				t.Errorf("%d handshakes, want one of each", n)
			}
			alice.Close()
			bob.Close()
			f.await("the connections end with their clients", func() bool { return f.idleConns(0) == 0 && f.stats.SessionsNow(0) == 0 })
			eve := f.dial()
			eve.gets("401 ")
			if n := l.conns.Load(); n != 3 {
				t.Errorf("%d connections to the server, want one for each client", n)
			}
		})
	}
}

// TestOrdinaryAuthentication: who says it with each request does not bind a connection, nor does who says nothing.
func TestOrdinaryAuthentication(t *testing.T) {
	l := &login{name: "a"}
	f := start(t, "127.61.8.3", nil, l.serve)
	for _, field := range []string{"X: y", "Authorization: Basic YQ==", "Authorization: Bearer NTLM", "Authorization: Digest realm=\"NTLM\""} {
		c := f.dial()
		if got, _ := c.ask("/public", field); got != "200 a " {
			t.Errorf("%s: got %q", field, got)
		}
	}
	if n := l.conns.Load(); n != 1 {
		t.Errorf("%d connections to the server for one after the other, want 1", n)
	}
	c := f.dial()
	c.ntlm("a", "alice") // takes over what the others have shared
	f.dial().gets("401 ")
	if n := l.conns.Load(); n != 2 {
		t.Errorf("%d connections to the server, want alice's and another one", n)
	}
}

// TestOfferBinds: who has been offered such a scheme may be about to use it.
func TestOfferBinds(t *testing.T) {
	l := &login{name: "a"}
	f := start(t, "127.61.8.17", nil, l.serve)
	alice, bob := f.dial(), f.dial()
	alice.gets("401 ")
	bob.gets("401 ")
	alice.gets("401 ")
	if n := l.conns.Load(); n != 2 {
		t.Errorf("%d connections to the server, want one of each client", n)
	}
}

// TestHandshakeStaysOnItsServer: neither the balance nor another cookie takes a client away from who is asking it something; a
// cookie takes it from who only knows it, and back.
func TestHandshakeStaysOnItsServer(t *testing.T) {
	a, b := &login{name: "a"}, &login{name: "b"}
	f := start(t, "127.61.8.4", nil, a.serve, b.serve)
	alice, other := f.dial(), f.dial()
	got, _ := alice.ask("/public")
	first, second := "a", "b"
	if got == "200 b " {
		first, second = "b", "a"
	}
	mine, its := "Cookie: SERVERID="+strings.ToUpper(first), "Cookie: SERVERID="+strings.ToUpper(second)
	alice.gets("401 ", mine, "Authorization: NTLM 1")
	other.gets("401 ", "Connection: close")
	alice.gets("200 "+first+" alice", its, "Authorization: NTLM 3 alice")
	for range 3 {
		f.dial().gets("401 ")
		alice.gets("200 " + first + " alice")
	}
	alice.gets("401 ", its)
	alice.ntlm(second, "alice", its)
	alice.gets("200 "+first+" alice", mine)
	alice.gets("200 "+second+" alice", its)
	alice.gets("200 " + second + " alice")
	if n := [2]int32{a.handshakes.Load(), b.handshakes.Load()}; n != [2]int32{1, 1} {
		t.Errorf("%v handshakes, want one with each server", n)
	}
}

// TestServerDown: a client goes where it is served, and back to who knows it.
func TestServerDown(t *testing.T) {
	f := start(t, "127.61.8.5", nil, (&login{name: "a"}).serve, (&login{name: "b"}).serve)
	alice := f.dial()
	alice.ntlm("a", "alice", "Cookie: SERVERID=A")
	isUp, isDown := status.State{Op: status.Up, Weight: 1}, status.State{Op: status.Down, Weight: 1}
	f.proxy.board.Store(0, isDown, 1)
	alice.ntlm("b", "alice")
	f.proxy.board.Store(0, isUp, 1)
	f.proxy.board.Store(1, isDown, 1)
	alice.gets("200 a alice")
}

// TestRedispatchedToWhoKnows: a client whose own server cannot be reached goes to the one that knows it, not to any other.
func TestRedispatchedToWhoKnows(t *testing.T) {
	f := start(t, "127.61.8.18", func(c *conf.Config) {
		c.Backends[0].Retries, c.Backends[0].Redispatch = 1, true
	}, nil, (&login{name: "b"}).serve, (&login{name: "c"}).serve)
	alice := f.dial()
	alice.ntlm("b", "alice", "Cookie: SERVERID=B")
	for range 3 {
		alice.gets("200 b alice", "Cookie: SERVERID=A")
	}
}

// TestServerLeaves: a server that closes a connection does not know the client any more, who is refused then and can begin again.
func TestServerLeaves(t *testing.T) {
	l := &login{name: "a"}
	f := start(t, "127.61.8.6", nil, l.serve)
	alice, bob := f.dial(), f.dial()
	bob.ask("/public") // leaves a connection for everybody
	alice.ntlm("a", "alice")
	bob.ask("/public")
	if got, _ := alice.ask("/bye"); got != "200 a alice" {
		t.Errorf("got %q", got)
	}
	alice.gets("401 ")
	alice.ntlm("a", "alice")
	bob.gets("401 ")
	alice.gets("200 a alice")
}

// TestPipelinedIdentity: all requests of a client go over its connection, those too that came together.
func TestPipelinedIdentity(t *testing.T) {
	f := start(t, "127.61.8.7", nil, (&login{name: "a"}).serve)
	alice, bob := f.dial(), f.dial()
	const get = "GET / HTTP/1.1\r\nHost: a\r\n"
	alice.send(get + "Authorization: NTLM 1\r\n\r\n" + get + "Authorization: NTLM 3 alice\r\n\r\n" + strings.Repeat(get+"\r\n", 3))
	bob.send(strings.Repeat(get+"\r\n", 3))
	for i, want := range []string{"401 ", "200 a alice", "200 a alice", "200 a alice", "200 a alice"} {
		if got, _ := alice.answer(); got != want {
			t.Errorf("answer %d to alice: %q, want %q", i, got, want)
		}
	}
	for range 3 {
		if got, _ := bob.answer(); got != "401 " {
			t.Errorf("answer to bob: %q", got)
		}
	}
}

// TestNothingToBind: where a connection ends with each exchange nobody stays known.
func TestNothingToBind(t *testing.T) {
	for _, tt := range []struct {
		name, addr, version string
		httpClose           bool
	}{{"httpclose", "127.61.8.8", "1.1", true}, {"HTTP/1.0", "127.61.8.9", "1.0", false}} {
		t.Run(tt.name, func(t *testing.T) {
			f := start(t, tt.addr, func(c *conf.Config) {
				c.Frontends[0].HTTPClose, c.Backends[0].HTTPClose = tt.httpClose, tt.httpClose
			}, (&login{name: "a"}).serve)
			alice := f.dial()
			alice.send("GET / HTTP/" + tt.version + "\r\nHost: a\r\nAuthorization: Negotiate alice\r\n\r\n")
			if got := alice.wantEnd(); !strings.HasSuffix(got, "\r\n\r\na alice") {
				t.Errorf("got %q", got)
			}
			bob := f.dial()
			bob.gets("401 ")
			bob.Close()
			f.await("all is closed", func() bool { return f.idleConns(0) == 0 && f.stats.SessionsNow(0) == 0 })
		})
	}
}

// TestBoundConnectionWaits: for its client it waits longer than others, and it is not spare when descriptors are.
func TestBoundConnectionWaits(t *testing.T) {
	l := &login{name: "a"}
	f := start(t, "127.61.8.10", nil, l.serve)
	alice, bob := f.dial(), f.dial()
	bob.ask("/public")
	alice.gets("401 ", "Authorization: NTLM 1") // takes bob's
	bob.ask("/public")
	f.await("both are idle", func() bool { return f.idleConns(0) == 2 })
	f.do(func() { f.proxy.loop.Leap(2 * upstream.IdleTime) })
	f.await("bob's is closed", func() bool { return f.idleConns(0) == 1 })
	alice.gets("200 a alice", "Authorization: NTLM 3 alice")
	bob.ask("/public")
	f.do(func() {
		if !f.proxy.worker.Upstream.DropIdle() || f.proxy.worker.Upstream.DropIdle() {
			t.Error("the connection without an owner is closed once")
		}
	})
	alice.gets("200 a alice")
	if n := l.conns.Load(); n != 3 {
		t.Errorf("%d connections to the server, want alice's, and two of bob's", n)
	}
}

// TestSpareConnections: those to a target that is no server are spare, too, when descriptors are short.
func TestSpareConnections(t *testing.T) {
	f := start(t, "127.61.8.19", func(c *conf.Config) {
		c.Backends[0].Servers, c.Backends[0].Cookie = nil, nil
		c.Backends[0].Dispatch = &conf.Address{IP: netip.MustParseAddr("127.61.8.19"), Port: 8001}
	}, (&login{name: "a"}).serve)
	bob := f.dial()
	bob.ask("/public")
	f.do(func() {
		if !f.proxy.worker.Upstream.DropIdle() {
			t.Error("nothing was closed")
		}
	})
	bob.ask("/public")
}

// TestManyServersKnowTheClient: what one client may keep has a limit.
func TestManyServersKnowTheClient(t *testing.T) {
	var all []handler
	for i := range upstream.MaxOwn + 2 {
		all = append(all, (&login{name: string(rune('a' + i))}).serve)
	}
	f := start(t, "127.61.8.11", nil, all...)
	alice := f.dial()
	for i := range all {
		alice.ntlm(string(rune('a'+i)), "alice", "Cookie: SERVERID="+string(rune('A'+i)))
	}
	waiting := func() (n int64) {
		for i := range all {
			n += f.idleConns(i)
		}
		return n
	}
	f.await("the last connection waits too", func() bool { return waiting() >= upstream.MaxOwn })
	if n := waiting(); n != upstream.MaxOwn {
		t.Errorf("%d connections wait, want %d", n, upstream.MaxOwn)
	}
	alice.gets("401 ", "Cookie: SERVERID=A")
	alice.gets("200 f alice", "Cookie: SERVERID=F")
}

// TestTunnelKeepsNothing: a client whose connection has become a tunnel asks nobody anything any more.
func TestTunnelKeepsNothing(t *testing.T) {
	f := start(t, "127.61.8.20", nil, (&login{name: "a"}).serve, func(c net.Conn, in *bufio.Reader) {
		head(in)
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
		io.Copy(c, in)
	})
	alice := f.dial()
	alice.ntlm("a", "alice", "Cookie: SERVERID=A")
	f.await("the connection waits", func() bool { return f.idleConns(0) == 1 })
	alice.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=B\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
	head(alice.in)
	f.await("it is closed", func() bool { return f.idleConns(0) == 0 })
	alice.send("hello")
	alice.want("hello")
}

// TestMappedServer: where a connection goes depends on the client's, so that it waits for that one only.
func TestMappedServer(t *testing.T) {
	l := &login{name: "a"}
	f := start(t, "127.61.8.12", func(c *conf.Config) {
		c.Backends[0].Servers[0].Address = conf.Address{IP: netip.MustParseAddr("127.61.8.12"), Mapped: true, Port: 1}
	}, l.serve)
	alice := f.dial()
	alice.ntlm("a", "alice")
	f.dial().gets("401 ")
	alice.gets("200 a alice")
}

// handingOver is an old proxy with a bound client, and one that takes over from it.
func handingOver(t *testing.T, addr, successor string) (l *login, old *fixture, alice, mallory *client, handOver func()) {
	t.Helper()
	l = &login{name: "a"}
	old = start(t, addr, nil, l.serve)
	next := start(t, successor, nil, named("b"))
	alice, mallory = old.dial(), old.dial()
	alice.gets("401 ", "Authorization: NTLM 1")
	mallory.ask("/public")
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	return l, old, alice, mallory, func() {
		next.do(func() {
			if err := next.proxy.AddPredecessor(theirs); err != nil {
				t.Error(err)
			}
		})
		old.do(func() { old.proxy.HandOver(mine, [][]control.Place{{control.PlaceOf(control.Shard{})}}, nil) })
		old.do(func() {}) // all have had their turn
	}
}

// TestBoundClientOfADrainingWorker: it is not handed over without its connection, finishes its handshake, is served once more,
// and then connects to the next generation. The others move at once.
func TestBoundClientOfADrainingWorker(t *testing.T) {
	_, old, alice, mallory, handOver := handingOver(t, "127.61.8.13", "127.61.8.14")
	handOver()
	mallory.gets("200 b")
	if n := old.stats.SessionsNow(0); n != 1 {
		t.Errorf("%d sessions are left, want alice's", n)
	}
	if got, ended := alice.ask("/", "Authorization: NTLM 1"); got != "401 " || ended {
		t.Errorf("in the middle of a handshake: %q, ended: %v", got, ended)
	}
	if got, ended := alice.ask("/", "Authorization: NTLM 3 alice"); got != "200 a alice" || !ended {
		t.Errorf("got %q, ended: %v; want alice's answer, the last one", got, ended)
	}
	alice.wantEnd()
	old.ends()
}

// TestBoundClientIsFree: when the server has closed the connection, nothing keeps its client here.
func TestBoundClientIsFree(t *testing.T) {
	l, old, alice, _, handOver := handingOver(t, "127.61.8.15", "127.61.8.16")
	handOver()
	l.leave()
	old.ends()
	alice.gets("200 b")
}
