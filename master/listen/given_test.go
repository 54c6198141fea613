package listen

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
)

// passed makes listening sockets on consecutive descriptors, as a service manager passes them, and returns the first of
// those. The descriptors are closed at the end unless somebody else has.
func passed(t *testing.T, sockets ...unix.Sockaddr) int {
	t.Helper()
	const first = 700
	for i, sa := range sockets {
		family := unix.AF_INET
		if _, ok := sa.(*unix.SockaddrUnix); ok {
			family = unix.AF_UNIX
		}
		fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
		if err == nil {
			err = errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1), unix.Bind(fd, sa), unix.Listen(fd, 10))
		}
		if err == nil {
			err = errors.Join(unix.Dup2(fd, first+i), unix.Close(fd))
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(first + i) })
	}
	return first
}

func inet(address string, port int) unix.Sockaddr {
	return &unix.SockaddrInet4{Addr: netip.MustParseAddr(address).As4(), Port: port}
}

func activated(n int, names string) []string {
	return []string{fmt.Sprintf("LISTEN_PID=%d", os.Getpid()), fmt.Sprintf("LISTEN_FDS=%d", n), "LISTEN_FDNAMES=" + names}
}

func listenGiven(t *testing.T, c *conf.Config, g *given) []*Listener {
	t.Helper()
	all, err := All(c, 2, g, nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestGiven: binds get the sockets that they name, or that listen where they want to; the others are opened, and what
// nobody wants is closed.
func TestGiven(t *testing.T) {
	before := openFiles(t)
	path := filepath.Join(t.TempDir(), "s")
	first := passed(t, inet("127.53.0.8", 8000), inet("127.53.0.8", 8001), inet("127.53.0.8", 8002), inet("127.53.0.8", 8003),
		&unix.SockaddrUnix{Name: path}, inet("127.53.0.8", 8004))
	c := frontendWith(
		tcpBind("127.53.0.8", 8000), tcpBind("127.53.0.8", 9000), conf.Bind{Network: "fd", Name: "two"},
		conf.Bind{Network: "unix", Path: path}, conf.Bind{Network: "fd", FD: first + 5},
	)
	g, err := TakeGiven(c, activated(5, "one:two:two:other:u"), first)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first try has been in vain
		all := listenGiven(t, c, g)
		var got []string
		for _, l := range all {
			for _, fd := range l.FDs {
				at, err := socketAddressOf(fd)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprintf("%d %v %v", l.Shard.Bind, at, l.Given()))
				flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
				if cloexec, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); flags&unix.O_NONBLOCK == 0 || cloexec&unix.FD_CLOEXEC == 0 {
					t.Errorf("%v: flags %#x, %#x", at, flags, cloexec)
				}
			}
		}
		want := []string{
			"0 127.53.0.8:8000 true", "1 127.53.0.8:9000 false", "1 127.53.0.8:9000 false", "2 127.53.0.8:8001 true",
			"2 127.53.0.8:8002 true", "3 unix:" + path + " true", "4 127.53.0.8:8004 true",
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		CloseAll(all)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Error("the path of a socket that is another's was removed")
	}
	if rest := g.Drop(); !reflect.DeepEqual(rest, []string{"127.53.0.8:8003 (other)"}) {
		t.Errorf("nobody wants %q", rest)
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// TestGivenAfterPause: a service manager gets back a socket that listens, also from an instance that ends while it is
// paused.
func TestGivenAfterPause(t *testing.T) {
	first := passed(t, inet("127.53.0.9", 8000))
	c := frontendWith(conf.Bind{Network: "fd", FD: first})
	g, err := TakeGiven(c, nil, first)
	if err != nil {
		t.Fatal(err)
	}
	all := listenGiven(t, c, g)
	all[0].Shut()
	if listening(t, first) {
		t.Error("it listens during the pause")
	}
	if err := errors.Join(all[0].Free(), all[0].ListenAgain()); err != nil || !listening(t, first) {
		t.Errorf("it does not listen after the pause: %v", err)
	}
	all[0].Shut()
	CloseAll(all)
	if !listening(t, first) {
		t.Error("it does not listen at the end")
	}
}

// TestGivenMixture: what a pause does to a TCP socket cannot be done to a unix socket.
func TestGivenMixture(t *testing.T) {
	first := passed(t, inet("127.53.0.11", 8000), &unix.SockaddrUnix{Name: filepath.Join(t.TempDir(), "s")})
	c := frontendWith(conf.Bind{Network: "fd", Name: "web"})
	g, err := TakeGiven(c, activated(2, "web:web"), first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := All(c, 1, g, nil); err == nil || !strings.Contains(err.Error(), "that are called web are of different kinds") {
		t.Errorf("%v", err)
	}
}

func TestNotGiven(t *testing.T) {
	first := passed(t, inet("127.53.0.10", 8000))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	fdBind := func(fd int) *conf.Config { return frontendWith(conf.Bind{Network: "fd", FD: fd, Line: 7}) }
	for _, c := range []*conf.Config{fdBind(int(r.Fd())), fdBind(999)} {
		if _, err := TakeGiven(c, nil, first); err == nil || !strings.Contains(err.Error(), "that this process was started with: ") {
			t.Errorf("%+v: %v", c.Frontends[0].Binds, err)
		}
	}
	c := frontendWith(conf.Bind{Network: "fd", Name: "web", Line: 7})
	for _, environ := range [][]string{nil, {"LISTEN_PID=1", "LISTEN_FDS=1", "LISTEN_FDNAMES=web"}, activated(1, "other")} {
		g, err := TakeGiven(c, environ, first)
		if err != nil {
			t.Fatal(err)
		}
		_, err = All(c, 1, g, nil)
		if err == nil || !strings.Contains(err.Error(), "cannot bind fd@web for listen.web (line 7): this program was not started with such a socket") {
			t.Errorf("%q: %v", environ, err)
		}
	}
}
