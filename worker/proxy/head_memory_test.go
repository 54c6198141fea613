package proxy

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/counter"
	"lbmaster/worker/buffer"
)

// newLargeBench is newBench with heads of 256 KiB. Nothing of the test waits.
func newLargeBench(tb testing.TB, address string, tune ...func(*conf.Config)) *bench {
	b := newBench(tb, address, 8000, 8001, append(tune, func(c *conf.Config) { c.Frontends[0].MaxHeader = 256 << 10 })...)
	unix.SetNonblock(b.client, true)
	unix.SetNonblock(b.server, true)
	return b
}

// sends lets the loop turn until all of a text has been taken from one end, and drops what has come out at the others.
func (b *bench) sends(from int, text []byte) {
	for until := time.Now().Add(fatal); len(text) > 0; {
		if time.Now().After(until) {
			b.tb.Fatalf("%d bytes are not taken", len(text))
		}
		n, err := unix.Write(from, text)
		if err == nil {
			text = text[n:]
		}
		b.settle()
	}
}

// until lets the loop turn until the session is so.
func (b *bench) until(what string, ok func(s *session) bool) {
	for end := time.Now().Add(fatal); !ok(b.proxy.sessions.At(0)); b.settle() {
		if time.Now().After(end) {
			b.tb.Fatalf("not yet: %s", what)
		}
	}
}

// settle lets the loop turn until nothing moves any more.
func (b *bench) settle() {
	for range 12 {
		b.proxy.loop.After(0, func() {}) // so that the loop does not wait
		b.turn()
		b.take(b.client)
		if b.origin > 0 {
			b.take(b.origin)
		} else if fd, _, err := unix.Accept4(b.server, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK); err == nil {
			b.origin = fd
		}
	}
}

// take drops what has come.
func (b *bench) take(fd int) {
	for {
		if n, err := unix.Read(fd, b.buf[:]); n <= 0 || err != nil {
			return
		}
	}
}

// TestNothingIsAllocatedForLargeHeads: once the free lists are warm, they cost no allocation either.
func TestNothingIsAllocatedForLargeHeads(t *testing.T) {
	b := newLargeBench(t, "127.61.9.50", everything)
	ask := []byte(padded("GET / HTTP/1.1\r\nHost: a\r\nCookie: theme=dark; SESSION=A~0123456789\r\n", 200<<10))
	answer := []byte(padded("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: SESSION=0123456789\r\n", 100<<10))
	exchange := func() {
		b.sends(b.client, ask)
		b.until("the request has been sent", func(s *session) bool { return s.requested() && b.origin > 0 })
		b.sends(b.origin, answer)
		b.until("the response has been given", func(s *session) bool { return s.state == idle })
	}
	exchange()
	before := b.proxy.counters[counter.Responses2xx].Load()
	if n := testing.AllocsPerRun(50, exchange); n != 0 {
		t.Errorf("%v allocations for a request, want 0", n)
	}
	if n := b.proxy.counters[counter.Responses2xx].Load() - before; n != 51 {
		t.Errorf("%d responses counted", n)
	}
}

// A large buffer is free when its head has been consumed, and the memory's when a minute has not needed it.
func TestLargeBuffersAreGivenBack(t *testing.T) {
	b := newLargeBench(t, "127.61.9.51", func(c *conf.Config) { c.Backends[0].Cookie = nil })
	want := func(when string, s *session, in, out int) {
		t.Helper()
		size := func(q *buffer.Buffer) int {
			if q == nil {
				return 0
			}
			q.Compact()
			return q.Len() + len(q.Space())
		}
		var up *buffer.Buffer
		if s.exchange != nil {
			up = s.exchange.Base().Up.Out
		}
		if got := size(s.client.In); got != in {
			t.Errorf("%s: the client's receive buffer has %d bytes, want %d", when, got, in)
		}
		if got := size(up); got != out {
			t.Errorf("%s: the request's buffer has %d bytes, want %d", when, got, out)
		}
	}
	head := padded("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n", 100<<10)
	b.sends(b.client, []byte(head[:99<<10]))
	s := b.proxy.sessions.At(0)
	b.until("half a head has come", func(s *session) bool { return s.client.In != nil && s.client.In.Len() == 99<<10 })
	want("half a head", s, 135<<10, 0)
	b.sends(b.client, []byte(head[99<<10:]+"GET /next HTTP/1.1\r\n"))
	b.until("the request has been sent", func(s *session) bool { return s.requested() && b.origin > 0 })
	want("a head, and the beginning of the next one", s, buffer.Size, 135<<10)
	b.sends(b.origin, []byte(benchResponse))
	want("the beginning of the next one", s, buffer.Size, 0)
	b.sends(b.client, []byte("Host: a\r\n\r\n"))
	b.sends(b.origin, []byte(benchResponse))
	want("nothing", s, 0, 0)
	if n := b.proxy.worker.Pools.Buffers.Taken(); n != 0 {
		t.Errorf("%d buffers are in use", n)
	}
	for i, least := range []int{1, 0, 0} { // the minute of the large head, and two without
		b.proxy.loop.Leap(shrinkTime.Milliseconds())
		b.settle()
		if n := b.proxy.worker.Pools.Buffers.Idle(); n < least || i > 0 && n > 0 {
			t.Errorf("after %d minutes %d buffers are free", i+1, n)
		}
	}
}

// Clients that stop in the middle of a large head hold one buffer each.
func TestLargeHeadsHoldOneBuffer(t *testing.T) {
	const clients = 20
	b := newLargeBench(t, "127.61.9.52")
	part := []byte("GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 255<<10))
	for range clients {
		c := dialTo(t, b.at, 8000)
		unix.SetNonblock(c, true)
		defer unix.Close(c)
		b.sends(c, part)
	}
	if n := b.proxy.worker.Pools.Buffers.Taken(); n != clients {
		t.Errorf("%d buffers for %d clients", n, clients)
	}
	b.proxy.worker.Pools.Buffers.Shrink()
	if n := b.proxy.worker.Pools.Buffers.Shrink(); b.proxy.worker.Pools.Buffers.Idle() > 0 {
		t.Errorf("%d bytes of free buffers are left", n)
	}
}

// requested says that the server has got the whole request.
func (s *session) requested() bool {
	if s.state != exchanging {
		return false
	}
	st := s.exchange.Base()
	return st.Link != nil && st.Up.Done && st.Up.Idle()
}
