package sock

import (
	"bytes"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// fatal is how long a test waits for what should come at once, in milliseconds.
const fatal = 10_000

// pair makes two connected sockets that are closed with the test.
func pair(t testing.TB) (a, b *FD) {
	t.Helper()
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return owned(t, Own(p[0])), owned(t, Own(p[1]))
}

func owned(t testing.TB, f FD) *FD {
	t.Cleanup(f.Close)
	return &f
}

// listen opens a listening socket on a, which must be free.
func listen(t testing.TB, a Address, backlog int) *FD {
	t.Helper()
	n, err := unix.Socket(a.family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	l := owned(t, Own(n))
	unix.SetsockoptInt(n, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err := unix.Bind(n, sockaddr(a)); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(n, backlog); err != nil {
		t.Fatal(err)
	}
	return l
}

// sockaddr is a in the form of x/sys: a second opinion on what the bytes of an Address mean.
func sockaddr(a Address) unix.Sockaddr {
	port := int(a.raw[2])<<8 | int(a.raw[3])
	switch a.family {
	case unix.AF_INET:
		return &unix.SockaddrInet4{Port: port, Addr: [4]byte(a.raw[4:])}
	case unix.AF_INET6:
		return &unix.SockaddrInet6{Port: port, Addr: [16]byte(a.raw[8:])}
	}
	return &unix.SockaddrUnix{Name: string(a.raw[2 : a.len-1])}
}

// await waits until f is ready for one of the events.
func await(t testing.TB, f *FD, events int16) {
	t.Helper()
	p := []unix.PollFd{{Fd: int32(f.Int()), Events: events}}
	for {
		n, err := unix.Poll(p, fatal)
		if err == unix.EINTR {
			continue
		}
		if n != 1 || err != nil {
			t.Fatalf("poll: %d, %v", n, err)
		}
		return
	}
}

func TestZeroValue(t *testing.T) {
	var f FD
	f.Close()
	if f.Valid() || f.Int() != -1 {
		t.Errorf("Valid %v, Int %d", f.Valid(), f.Int())
	}
}

func TestOwnership(t *testing.T) {
	n, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	f := Own(n)
	if !f.Valid() || f.Int() != n {
		t.Fatalf("Valid %v, Int %d, want %d", f.Valid(), f.Int(), n)
	}
	if got := f.Disown(); got != n || f.Valid() {
		t.Errorf("Disown = %d, Valid %v", got, f.Valid())
	}
	f = Own(n)
	f.Close()
	f.Close()
	if _, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0); err != unix.EBADF || f.Valid() {
		t.Errorf("after Close: fcntl %v, Valid %v", err, f.Valid())
	}
}

func TestSendRecv(t *testing.T) {
	a, b := pair(t)
	buf := make([]byte, 100)
	if n, e := a.Recv(buf); n != 0 || e != unix.EAGAIN {
		t.Errorf("Recv of nothing: %d, %v", n, e)
	}
	if n, e := a.Send([]byte("hello")); n != 5 || e != 0 {
		t.Errorf("Send: %d, %v", n, e)
	}
	if n, e := b.Recv(buf[:2]); n != 2 || e != 0 || string(buf[:2]) != "he" {
		t.Errorf("Recv: %d, %v, %q", n, e, buf[:2])
	}
	if n, e := b.Recv(buf); n != 3 || e != 0 || string(buf[:3]) != "llo" {
		t.Errorf("Recv: %d, %v, %q", n, e, buf[:3])
	}
	a.Close()
	if n, e := b.Recv(buf); n != 0 || e != 0 {
		t.Errorf("Recv after the end: %d, %v", n, e)
	}
	if n, e := b.Send([]byte("x")); n != 0 || e != unix.EPIPE {
		t.Errorf("Send to nobody: %d, %v", n, e)
	}
}

func TestSendUntilFull(t *testing.T) {
	a, b := pair(t)
	piece := bytes.Repeat([]byte("0123456789"), 1000)
	sent, got := 0, 0
	for {
		n, e := a.Send(piece)
		sent += n
		if e == unix.EAGAIN {
			break
		}
		if e != 0 || n <= 0 {
			t.Fatalf("Send: %d, %v", n, e)
		}
	}
	buf := make([]byte, 1<<20)
	for got < sent {
		n, e := b.Recv(buf)
		if e != 0 {
			t.Fatalf("Recv after %d of %d bytes: %v", got, sent, e)
		}
		got += n
	}
	if n, e := a.Send(piece); n == 0 || e != 0 {
		t.Errorf("Send after all was read: %d, %v", n, e)
	}
}

func TestPeek(t *testing.T) {
	a, b := pair(t)
	if n, e := b.Peek(); n != 0 || e != unix.EAGAIN {
		t.Errorf("nothing: %d, %v", n, e)
	}
	a.Send([]byte("hello"))
	for range 2 {
		if n, e := b.Peek(); n != 1 || e != 0 {
			t.Errorf("something: %d, %v", n, e)
		}
	}
	buf := make([]byte, 100)
	if n, _ := b.Recv(buf); string(buf[:n]) != "hello" {
		t.Errorf("Recv after Peek: %q", buf[:n])
	}
	a.ShutdownWrite()
	if n, e := b.Peek(); n != 0 || e != 0 {
		t.Errorf("the end: %d, %v", n, e)
	}
}

func TestShutdownWriteLeavesReading(t *testing.T) {
	a, b := pair(t)
	a.ShutdownWrite()
	buf := make([]byte, 10)
	if n, e := b.Recv(buf); n != 0 || e != 0 {
		t.Errorf("Recv: %d, %v", n, e)
	}
	b.Send([]byte("back"))
	if n, e := a.Recv(buf); n != 4 || e != 0 {
		t.Errorf("Recv on the other side: %d, %v", n, e)
	}
	if _, e := a.Send([]byte("x")); e != unix.EPIPE {
		t.Errorf("Send: %v", e)
	}
}

// tcpPair makes two sockets that are connected over TCP.
func tcpPair(t testing.TB, ap string) (client, server *FD) {
	t.Helper()
	a := TCP(netip.MustParseAddrPort(ap))
	l := listen(t, a, 10)
	f, e := Connect(&a)
	if e != 0 && e != unix.EINPROGRESS {
		t.Fatalf("Connect: %v", e)
	}
	client = owned(t, f)
	await(t, l, unix.POLLIN)
	if f, e = l.Accept(&Peer{}); e != 0 {
		t.Fatalf("Accept: %v", e)
	}
	return client, owned(t, f)
}

func TestResetOnClose(t *testing.T) {
	client, server := tcpPair(t, "127.61.8.1:7004")
	server.ResetOnClose()
	server.Close()
	await(t, client, unix.POLLIN)
	if _, e := client.Recv(make([]byte, 1)); e != unix.ECONNRESET {
		t.Errorf("Recv: %v", e)
	}
}

func TestErrorIsTakenOnce(t *testing.T) {
	client, server := tcpPair(t, "127.61.8.1:7005")
	server.ResetOnClose()
	server.Close()
	await(t, client, unix.POLLIN)
	if e := client.Error(); e != unix.ECONNRESET {
		t.Errorf("Error: %v", e)
	}
	if e := client.Error(); e != 0 {
		t.Errorf("Error again: %v", e)
	}
}

func TestNoDelay(t *testing.T) {
	client, server := tcpPair(t, "127.61.8.1:7006")
	for f, want := range map[*FD]int{client: 1, server: 0} { // Connect has set it
		if got, err := unix.GetsockoptInt(f.Int(), unix.IPPROTO_TCP, unix.TCP_NODELAY); err != nil || (got != 0) != (want != 0) {
			t.Errorf("before: %d, %v, want %d", got, err, want)
		}
		if e := f.NoDelay(); e != 0 {
			t.Error(e)
		}
		if got, _ := unix.GetsockoptInt(f.Int(), unix.IPPROTO_TCP, unix.TCP_NODELAY); got == 0 {
			t.Error("not set")
		}
	}
	a, _ := pair(t)
	if e := a.NoDelay(); e != unix.EOPNOTSUPP {
		t.Errorf("on a unix socket: %v", e)
	}
}

func benchmarkSendRecv(b *testing.B, sendRecv func(from, to *FD, p, buf []byte) bool) {
	client, server := tcpPair(b, "127.61.8.1:7007")
	request, buf := bytes.Repeat([]byte("x"), 130), make([]byte, 16<<10)
	b.ReportAllocs()
	for b.Loop() {
		if !sendRecv(client, server, request, buf) || !sendRecv(server, client, request, buf) {
			b.Fatal("lost")
		}
	}
}

// BenchmarkSendRecv sends a small message to and fro over TCP: two sends, two receives.
func BenchmarkSendRecv(b *testing.B) {
	b.Run("raw", func(b *testing.B) {
		benchmarkSendRecv(b, func(from, to *FD, p, buf []byte) bool {
			n, _ := from.Send(p)
			m, _ := to.Recv(buf)
			return n == len(p) && m == n
		})
	})
	b.Run("sendto", func(b *testing.B) {
		benchmarkSendRecv(b, func(from, to *FD, p, buf []byte) bool {
			err := unix.Send(from.Int(), p, unix.MSG_NOSIGNAL)
			m, _, _ := unix.Recvfrom(to.Int(), buf, 0)
			return err == nil && m == len(p)
		})
	})
	b.Run("readwrite", func(b *testing.B) {
		benchmarkSendRecv(b, func(from, to *FD, p, buf []byte) bool {
			n, _ := unix.Write(from.Int(), p)
			m, _ := unix.Read(to.Int(), buf)
			return n == len(p) && m == n
		})
	})
}
