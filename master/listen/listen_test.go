package listen

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
)

func tcpBind(address string, port int) conf.Bind {
	return conf.Bind{Network: "tcp", Addr: netip.MustParseAddr(address), Port: port, Line: 7}
}

func frontendWith(binds ...conf.Bind) *conf.Config {
	return &conf.Config{Frontends: []conf.Frontend{{Name: "web", Section: "listen.web", Mode: conf.ModeHTTP, Binds: binds}}}
}

func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestShards(t *testing.T) {
	all, err := All(frontendWith(tcpBind("127.53.0.1", 8000), tcpBind("127.53.0.1", 8001)), 3, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseAll(all)
	if len(all) != 2 || len(all[0].FDs) != 3 || all[1].Shard.Bind != 1 {
		t.Fatalf("listeners %+v", all)
	}
	for _, fd := range all[0].FDs {
		for _, o := range []struct {
			name               string
			level, opt, expect int
		}{
			{"SO_REUSEPORT", unix.SOL_SOCKET, unix.SO_REUSEPORT, 1},
			{"SO_REUSEADDR", unix.SOL_SOCKET, unix.SO_REUSEADDR, 1},
			{"SO_ACCEPTCONN", unix.SOL_SOCKET, unix.SO_ACCEPTCONN, 1},
			{"SO_PROTOCOL", unix.SOL_SOCKET, unix.SO_PROTOCOL, unix.IPPROTO_TCP},
			{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		} {
			if got, err := unix.GetsockoptInt(fd, o.level, o.opt); err != nil || got != o.expect {
				t.Errorf("%s is %d, %v; want %d", o.name, got, err, o.expect)
			}
		}
		if flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
			t.Error("a listening socket would leak into every child")
		}
	}
}

// TestDeferredAccept: sockets wait for their clients to speak where the configuration says so, when they are ours alone.
func TestDeferredAccept(t *testing.T) {
	t.Parallel()
	c := frontendWith(tcpBind("127.53.0.7", 8000))
	all, err := All(c, 2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseAll(all)
	l := all[0]
	for _, step := range []struct {
		what string
		do   func() error
		want bool
	}{
		{"not asked for", func() error { return nil }, false},
		{"asked for, but another generation serves", func() error { l.Defers, l.Lent = true, true; l.tune(); return nil }, false},
		{"taken over", l.Own, true},
		{"shut", func() error { l.Shut(); return nil }, true},
		{"listening again", l.ListenAgain, true},
		{"not wanted any more", func() error { l.Defers = false; return l.Own() }, false},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		for _, fd := range l.FDs {
			if seconds, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT); err != nil || seconds > 0 != step.want {
				t.Errorf("%s: %d s, %v", step.what, seconds, err)
			}
		}
	}
}

// TestTakenPort: neither a foreign server nor another instance of our own is joined silently.
func TestTakenPort(t *testing.T) {
	foreign, err := net.Listen("tcp4", "127.53.0.2:8000")
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	ours, err := All(frontendWith(tcpBind("127.53.0.2", 8001)), 2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseAll(ours)
	before := openFiles(t)
	_, err = All(frontendWith(tcpBind("127.53.0.2", 8000), tcpBind("127.53.0.2", 8001), tcpBind("127.53.0.2", 8002)), 2, nil, nil)
	if err == nil {
		t.Fatal("a taken port was bound")
	}
	for _, want := range []string{"cannot bind 127.53.0.2:8000 for listen.web (line 7): address already in use", "cannot bind 127.53.0.2:8001"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	if !errors.Is(err, unix.EADDRINUSE) || strings.Contains(err.Error(), "8002") {
		t.Errorf("error %v", err)
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d descriptors before, %d after the failure", before, after)
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.sock")
	c := frontendWith(conf.Bind{Network: "unix", Path: path})
	first, err := All(c, 2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if first[0].Of(0, 2)[0] != first[0].Of(1, 2)[0] {
		t.Error("the workers would poll different sockets of one path")
	}
	if _, err := All(c, 2, nil, nil); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("a path in use: %v", err)
	}
	CloseAll(first)
	if _, err := os.Lstat(path); err == nil {
		t.Error("the path is left behind")
	}

	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	second, err := All(c, 1, nil, nil)
	if err != nil {
		t.Fatalf("a path that a dead process left: %v", err)
	}
	os.Remove(path)
	if err := os.WriteFile(path, []byte("somebody else's"), 0o600); err != nil {
		t.Fatal(err)
	}
	CloseAll(second)
	if _, err := os.Lstat(path); err != nil {
		t.Error("a file that is not ours was removed")
	}
	if _, err := All(c, 1, nil, nil); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("a path that is a file: %v", err)
	}
}

// listening says that a socket listens.
func listening(t *testing.T, fd int) bool {
	t.Helper()
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err != nil {
		t.Fatal(err)
	}
	return n == 1
}

func TestHint(t *testing.T) {
	for _, e := range []error{unix.EADDRINUSE, unix.EACCES, unix.EADDRNOTAVAIL} {
		if err := Hint(e); !errors.Is(err, e) || err.Error() == e.Error() {
			t.Errorf("%v: %v", e, err)
		}
	}
	if err := Hint(unix.EPERM); err != unix.EPERM {
		t.Errorf("%v", err)
	}
}
