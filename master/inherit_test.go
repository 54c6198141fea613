package master

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
)

// asInherited makes a descriptor look like one that came through exec.
func asInherited(t *testing.T, kind int, listens bool) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if listens {
		if err := unix.Bind(fd, &unix.SockaddrUnix{}); err != nil { // any abstract name
			t.Fatal(err)
		}
		if err := unix.Listen(fd, 1); err != nil {
			t.Fatal(err)
		}
	}
	return fd
}

func TestInherit(t *testing.T) {
	fd := asInherited(t, unix.SOCK_STREAM, true)
	all, err := listen(frontendWith(conf.Bind{Network: "fd", FD: fd}), 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !all[0].shared() || all[0].of(2, 3)[0] != fd {
		t.Errorf("the workers poll %d instead of %d", all[0].of(2, 3), fd)
	}
	status, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if status&unix.O_NONBLOCK == 0 || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("status %#x, flags %#x: it blocks, or leaks into children", status, flags)
	}
	if _, err := inherit(fd); err == nil {
		t.Error("a descriptor of ours is taken for one that was inherited")
	}
}

func TestInheritRefuses(t *testing.T) {
	var pipe [2]int
	if err := unix.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	for want, fd := range map[string]int{
		"not started with this descriptor":    1 << 18,
		"the descriptor is no socket":         pipe[0],
		"a socket that does not listen":       asInherited(t, unix.SOCK_STREAM, false),
		"the descriptor is no stream socket":  asInherited(t, unix.SOCK_SEQPACKET, true),
		"cannot bind fd@262144 for listen.we": 1 << 18,
	} {
		_, err := listen(frontendWith(conf.Bind{Network: "fd", FD: fd, Line: 3}), 1, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("fd@%d: %v, want %q", fd, err, want)
		}
	}
}
