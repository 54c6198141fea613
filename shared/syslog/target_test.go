package syslog

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// fatal is how long a test waits for what must come, in ms.
const fatal = 10000

// bound is a socket that stands for a syslog daemon until the test ends.
func bound(t *testing.T, kind int, target Target) int {
	t.Helper()
	fd := bind(t, kind, target)
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// bind is bound without an end: the caller closes the socket.
func bind(t *testing.T, kind int, target Target) int {
	t.Helper()
	family, address, err := target.resolve()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, address); err != nil {
		_ = unix.Close(fd)
		t.Fatal(err)
	}
	return fd
}

func dial(t *testing.T, target Target) int {
	t.Helper()
	fd, err := Dial(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// send sends without asking the kernel not to wait: that is the socket's business.
func send(fd int, text string) error {
	_, err := unix.SendmsgN(fd, []byte(text), nil, nil, unix.MSG_NOSIGNAL)
	return err
}

// await waits until poll reports one of the events.
func await(t *testing.T, fd int, events int16) {
	t.Helper()
	p := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		n, err := unix.Poll(p, fatal)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n != 1 || p[0].Revents&events == 0 {
			t.Fatalf("poll: %d, %v, events %#x", n, err, p[0].Revents)
		}
		return
	}
}

func receive(t *testing.T, fd int) string {
	t.Helper()
	await(t, fd, unix.POLLIN)
	b := make([]byte, 5000)
	n, _, err := unix.Recvfrom(fd, b, 0)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func targets(t *testing.T) []Target {
	all := []Target{
		{"udp", "127.83.14.1:5140"},
		{"udp", "[::ffff:127.83.14.2]:5140"},
		{"unix", filepath.Join(t.TempDir(), "log")},
	}
	if _, err := os.Stat("/proc/net/if_inet6"); err == nil {
		all = append(all, Target{"udp", "[::1]:51483"})
	}
	return all
}

func TestDial(t *testing.T) {
	for _, target := range targets(t) {
		t.Run(target.Network+" "+filepath.Base(target.Address), func(t *testing.T) {
			daemon := bound(t, unix.SOCK_DGRAM, target)
			fd := dial(t, target)
			long := strings.Repeat("x", 4096+MaxHeader)
			for _, text := range []string{"<134>Nov  4 01:02:03 x[1]: one\n", "two\n", long} {
				if err := send(fd, text); err != nil {
					t.Fatal(err)
				}
				if got := receive(t, daemon); got != text {
					t.Errorf("received %q, want %q", got, text)
				}
			}
			checkFlags(t, fd)
		})
	}
}

func checkFlags(t *testing.T, fd int) {
	t.Helper()
	status, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || status&unix.O_NONBLOCK == 0 {
		t.Errorf("the socket blocks: %#x, %v", status, err)
	}
	descriptor, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil || descriptor&unix.FD_CLOEXEC == 0 {
		t.Errorf("a program that is started inherits the socket: %#x, %v", descriptor, err)
	}
}

func TestDialErrors(t *testing.T) {
	dir := t.TempDir()
	stream := Target{"unix", filepath.Join(dir, "stream")}
	if err := unix.Listen(bound(t, unix.SOCK_STREAM, stream), 1); err != nil {
		t.Fatal(err)
	}
	before := descriptors(t)
	for _, c := range []struct {
		target Target
		want   string
	}{
		{stream, "cannot log to unix " + stream.Address + ": protocol wrong type for socket"},
		{Target{"unix", filepath.Join(dir, "none")}, "no such file or directory"},
		{Target{"unix", "/" + strings.Repeat("x", 200)}, "invalid argument"},
		{Target{"udp", "127.0.0.1"}, "cannot log to udp 127.0.0.1: "},
		{Target{"udp", "localhost:514"}, "localhost"},
		{Target{"udp", "[fe80::1%lo]:514"}, "zone"},
		{Target{"tcp", "127.0.0.1:514"}, `"tcp" is neither udp nor unix`},
		{Target{}, `"" is neither`},
	} {
		if fd, err := Dial(c.target); fd != -1 || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %d, %v, want %s", c.target, fd, err, c.want)
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// A daemon that does not read costs lines, never time: if sending waited, this test would not end.
func TestSendNeverWaits(t *testing.T) {
	target := Target{"unix", filepath.Join(t.TempDir(), "log")}
	daemon := bound(t, unix.SOCK_DGRAM, target)
	fd := dial(t, target)
	if checkFlags(t, fd); t.Failed() {
		return
	}
	queued, err := 0, error(nil)
	for err == nil && queued < 1e6 {
		if err = send(fd, "line\n"); err == nil {
			queued++
		}
	}
	if !errors.Is(err, unix.EAGAIN) || queued == 0 {
		t.Fatalf("after %d datagrams: %v, want EAGAIN", queued, err)
	}
	for range queued {
		receive(t, daemon)
	}
	if err := send(fd, "again\n"); err != nil {
		t.Errorf("when the daemon has caught up: %v", err)
	}
	if got := receive(t, daemon); got != "again\n" {
		t.Errorf("received %q, which had not been sent", got)
	}
}

func TestUDPWithoutDaemon(t *testing.T) {
	target := Target{"udp", "127.83.14.3:5140"}
	fd := dial(t, target)
	for range 3 {
		if err := send(fd, "lost\n"); err != nil {
			t.Fatalf("nobody is known to be absent yet: %v", err)
		}
		await(t, fd, unix.POLLERR)
		if err := send(fd, "not sent\n"); !errors.Is(err, unix.ECONNREFUSED) {
			t.Fatalf("%v, want ECONNREFUSED", err)
		}
	}
	if err := send(fd, "lost\n"); err != nil {
		t.Fatal(err)
	}
	await(t, fd, unix.POLLERR)
	daemon := bound(t, unix.SOCK_DGRAM, target)
	if err := send(fd, "not sent\n"); !errors.Is(err, unix.ECONNREFUSED) {
		t.Fatalf("%v, want ECONNREFUSED", err)
	}
	if err := send(fd, "sent again\n"); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, daemon); got != "sent again\n" {
		t.Errorf("received %q", got)
	}
}

func TestUnixDaemonRestarts(t *testing.T) {
	target := Target{"unix", filepath.Join(t.TempDir(), "log")}
	first := bind(t, unix.SOCK_DGRAM, target)
	old := dial(t, target)
	if err := unix.Close(first); err != nil {
		t.Fatal(err)
	}
	if err := send(old, "lost\n"); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("the daemon has gone: %v, want ECONNREFUSED", err)
	}
	if err := os.Remove(target.Address); err != nil {
		t.Fatal(err)
	}
	second := bound(t, unix.SOCK_DGRAM, target)
	for range 3 {
		if err := send(old, "lost\n"); !errors.Is(err, unix.ENOTCONN) {
			t.Errorf("the old socket, with a new daemon: %v, want ENOTCONN", err)
		}
	}
	if err := send(dial(t, target), "new\n"); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, second); got != "new\n" {
		t.Errorf("received %q", got)
	}
}
