package proxy

import (
	"testing"

	"golang.org/x/sys/unix"
)

// fillUp leaves this process no room for a descriptor, and returns what gives it back.
func fillUp(t *testing.T) (empty func()) {
	t.Helper()
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0) // the lowest one that is free
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	limit := unix.Rlimit{Cur: uint64(fd), Max: was.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoRoomForHandOver: connections that are handed over to a process without a free descriptor wait in their channel until one
// is free, and are served then.
func TestNoRoomForHandOver(t *testing.T) {
	first, second := start(t, "127.61.7.21", nil, echoHead), start(t, "127.61.7.22", nil, named("c"))
	clients := idlers(first, 10)
	toSecond := link(t, second, 0)
	second.do(func() {
		first.do(func() { toSecond(first.proxy) })
		first.do(func() {}) // all have been offered, and closed here
		empty := fillUp(t)
		for _, channel := range second.proxy.channels {
			second.proxy.receive(channel)
		}
		if !second.proxy.crowded {
			t.Error("the channel does not count as waiting")
		}
		empty()
	})
	first.ends()
	served(clients)
	second.do(func() {
		if second.proxy.crowded {
			t.Error("connections wait though there is room")
		}
	})
}
