package sock

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func addresses(t testing.TB) map[string]Address {
	path, err := Unix(filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Address{
		"IPv4": TCP(netip.MustParseAddrPort("127.61.8.1:7001")),
		"IPv6": TCP(netip.MustParseAddrPort("[::1]:61871")),
		"unix": path,
	}
}

func TestConnectAndAccept(t *testing.T) {
	for name, a := range addresses(t) {
		t.Run(name, func(t *testing.T) {
			need(t, a.family)
			l := listen(t, a, 10)
			if f, e := l.Accept(&Peer{}); f.Valid() || e != unix.EAGAIN {
				t.Errorf("Accept of nobody: %v, %v", f, e)
			}
			f, e := Connect(&a)
			if e != 0 && e != unix.EINPROGRESS {
				t.Fatalf("Connect: %v", e)
			}
			client := owned(t, f)
			await(t, client, unix.POLLOUT)
			if e := client.Error(); e != 0 {
				t.Fatalf("Error: %v", e)
			}
			await(t, l, unix.POLLIN)
			var peer Peer
			f, e = l.Accept(&peer)
			if e != 0 {
				t.Fatalf("Accept: %v", e)
			}
			if got, want := peer.AddrPort(), client.Name(); got != want || got.IsValid() != (a.family != unix.AF_UNIX) {
				t.Errorf("the client is %v, want %v", got, want)
			}
			server := owned(t, f)
			talk(t, client, server)
			for _, f := range []*FD{client, server} {
				checkFlags(t, f)
			}
		})
	}
}

// need skips the test where the machine has no IPv6 but the test wants it.
func need(t *testing.T, family int) {
	t.Helper()
	if _, err := os.Stat("/proc/net/if_inet6"); family == unix.AF_INET6 && err != nil {
		t.Skip("this machine has no IPv6")
	}
}

// talk sends something from a to b.
func talk(t *testing.T, a, b *FD) {
	t.Helper()
	if n, e := a.Send([]byte("hello")); n != 5 || e != 0 {
		t.Fatalf("Send: %d, %v", n, e)
	}
	await(t, b, unix.POLLIN)
	buf := make([]byte, 10)
	if n, e := b.Recv(buf); string(buf[:n]) != "hello" || e != 0 {
		t.Fatalf("Recv: %q, %v", buf[:n], e)
	}
}

func checkFlags(t *testing.T, f *FD) {
	t.Helper()
	status, err := unix.FcntlInt(uintptr(f.Int()), unix.F_GETFL, 0)
	if err != nil || status&unix.O_NONBLOCK == 0 {
		t.Errorf("status flags %#x, %v: it blocks", status, err)
	}
	flags, err := unix.FcntlInt(uintptr(f.Int()), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor flags %#x, %v: it survives exec", flags, err)
	}
}

func TestConnectRefused(t *testing.T) {
	for _, ap := range []string{"127.61.8.1:7002", "[::1]:61872", "[::ffff:127.61.8.1]:7002"} {
		t.Run(ap, func(t *testing.T) {
			a := TCP(netip.MustParseAddrPort(ap))
			need(t, a.family)
			f, e := Connect(&a)
			if e == unix.EINPROGRESS {
				await(t, &f, unix.POLLOUT)
				e = f.Error()
				f.Close()
			}
			if e != unix.ECONNREFUSED || f.Valid() {
				t.Errorf("%v, Valid %v", e, f.Valid())
			}
		})
	}
}

func TestConnectFailsAtOnce(t *testing.T) {
	dir := t.TempDir()
	nobody, _ := Unix(filepath.Join(dir, "nobody"))
	full, _ := Unix(filepath.Join(dir, "full"))
	listen(t, full, 0)
	if f, e := Connect(&full); e != 0 {
		t.Fatalf("first connection: %v", e)
	} else {
		owned(t, f)
	}
	for _, c := range []struct {
		name string
		a    Address
		want unix.Errno
	}{
		{"no such file", nobody, unix.ENOENT},
		{"queue full", full, unix.EAGAIN},
		{"no such family", Address{family: 9999}, unix.EAFNOSUPPORT},
	} {
		if f, e := Connect(&c.a); f.Valid() || e != c.want {
			t.Errorf("%s: %v, %v, want %v", c.name, f, e, c.want)
		}
	}
}

// TestConnectInProgress connects to a listener whose queue is full: the kernel drops the SYN.
func TestConnectInProgress(t *testing.T) {
	a := TCP(netip.MustParseAddrPort("127.61.8.1:7003"))
	listen(t, a, 0)
	var last *FD
	for range 3 {
		f, e := Connect(&a)
		if e != 0 && e != unix.EINPROGRESS {
			t.Fatalf("Connect: %v", e)
		}
		last = owned(t, f)
	}
	if e := last.Error(); e != 0 {
		t.Errorf("Error while connecting: %v", e)
	}
	if _, e := last.Send([]byte("x")); e != unix.EAGAIN {
		t.Errorf("Send while connecting: %v", e)
	}
	if _, e := last.Recv(make([]byte, 1)); e != unix.EAGAIN {
		t.Errorf("Recv while connecting: %v", e)
	}
}

// TestConnectFrom: two connections from one address and port to two servers, and one from any port of an address.
func TestConnectFrom(t *testing.T) {
	for _, c := range []struct{ from, one, other string }{
		{"127.61.8.2:7201", "127.61.8.1:7020", "127.61.8.1:7021"},
		{"127.61.8.3:0", "127.61.8.1:7022", "127.61.8.1:7023"},
		{"[::1]:61873", "[::1]:61874", "[::1]:61875"},
		{"[::1]:0", "[::1]:61876", "[::1]:61877"},
	} {
		t.Run(c.from, func(t *testing.T) {
			want := netip.MustParseAddrPort(c.from)
			from := TCP(want)
			need(t, from.family)
			for _, to := range []string{c.one, c.other} {
				a := TCP(netip.MustParseAddrPort(to))
				l := listen(t, a, 10)
				f, e := ConnectFrom(&from, &a)
				if e != 0 && e != unix.EINPROGRESS {
					t.Fatalf("to %s: %v", to, e)
				}
				client := owned(t, f)
				await(t, l, unix.POLLIN)
				var peer Peer
				if f, e = l.Accept(&peer); e != 0 {
					t.Fatal(e)
				}
				server := owned(t, f)
				got := peer.AddrPort()
				if got.Addr() != want.Addr() || want.Port() != 0 && got != want || got != client.Name() {
					t.Errorf("the client is %v, and %v by its own account; want %v", got, client.Name(), want)
				}
				if server.Name().String() != to {
					t.Errorf("the server is %v, want %v", server.Name(), to)
				}
			}
		})
	}
}

func TestConnectFromNowhere(t *testing.T) {
	a := TCP(netip.MustParseAddrPort("127.61.8.1:7024"))
	listen(t, a, 10)
	for from, want := range map[string]unix.Errno{
		"192.0.2.1:0":      unix.EADDRNOTAVAIL,
		"127.61.8.1:7024":  unix.EADDRINUSE,
		"[2001:db8::1]:80": unix.EAFNOSUPPORT,
	} {
		local := TCP(netip.MustParseAddrPort(from))
		if f, e := ConnectFrom(&local, &a); f.Valid() || e != want {
			t.Errorf("from %s: %v, %v, want %v", from, f, e, want)
		}
		if local.SameFamily(&a) == (want == unix.EAFNOSUPPORT) {
			t.Errorf("from %s: SameFamily is wrong", from)
		}
	}
}

func TestWithPort(t *testing.T) {
	for _, ip := range []string{"192.0.2.1", "2001:db8::1"} {
		addr := netip.MustParseAddr(ip)
		a := TCP(netip.AddrPortFrom(addr, 80))
		if got, want := a.WithPort(8443), TCP(netip.AddrPortFrom(addr, 8443)); got != want {
			t.Errorf("% x, want % x", got.raw[:got.len], want.raw[:want.len])
		}
	}
}

func TestAddresses(t *testing.T) {
	for ap, want := range map[string]string{
		"192.0.2.1:80":          "\x00\x50\xc0\x00\x02\x01",
		"[::ffff:192.0.2.1]:80": "\x00\x50\xc0\x00\x02\x01",
		"[2001:db8::1]:65535":   "\xff\xff\x00\x00\x00\x00\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x01",
	} {
		a := TCP(netip.MustParseAddrPort(ap))
		if !bytes.HasPrefix(a.raw[2:], []byte(want)) {
			t.Errorf("%s: % x", ap, a.raw[:a.len])
		}
	}
	const longest = 107
	if a, err := Unix(strings.Repeat("x", longest)); err != nil || a.len != unix.SizeofSockaddrUnix {
		t.Errorf("%d bytes: %v, length %d", longest, err, a.len)
	}
	if _, err := Unix(strings.Repeat("x", longest+1)); err == nil || !strings.Contains(err.Error(), "at most 107") {
		t.Errorf("%d bytes: %v", longest+1, err)
	}
}
